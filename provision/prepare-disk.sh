# shellcheck shell=sh
# shellcheck disable=SC2154  # root, nonce, private are the caller's; given, disk and state are set by which_disk
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# shellcheck disable=SC2012  # names for people's eyes; LibreELEC's find has no -printf
# What `pimesh disk prepare` runs on a node, as root: a library behind whole-disk.sh. The laptop looks (look_device), decides and
# asks; then it calls prepare_disk, which looks again and erases only what the laptop has seen.
#
# Nothing here can be undone, so there is no journal. What a run that was cut off leaves is known by its marks: a partition
# called "pimesh" without any file system, or with one labelled "pimesh-new". The label of the inventory is the last thing
# written, so a disk that has it is complete.
#
# Set by the caller: root, nonce, and for looking private (yes inside a mount namespace of our own).

# --- looking ---------------------------------------------------------------------------------------------------------------

look_device() { # look_device PATH
  which_disk "$1"
  record device "$state $given $disk"
  missing=
  for each in sfdisk wipefs blkid blockdev partx mkfs.ext4 e2fsck e2label flock sha256sum; do
    command -v "$each" >/dev/null || missing="$missing $each"
  done
  # util-linux 2.28 has it; before, sfdisk knew no GPT either
  case $missing in
  *' sfdisk'*) ;;
  *) sfdisk --help 2>&1 | grep -q -e --wipe-partitions || missing="$missing sfdisk-2.28" ;;
  esac
  record missing "$missing"
  if [ -n "$disk" ] && [ -e "$root/sys/block/$disk" ]; then
    record uses "$(uses "$disk")"
    record disk "$(describe "$disk")"
    root_of_system
    for name in $(volumes "$disk"); do look_into "$name"; done
  fi
  record end ''
}

# look_into NAME: what a file system holds, without changing a byte of it: seen.NAME is "used-KiB entries", names.NAME the first
# names at its top, identity.NAME the file that says whose disk it is
look_into() {
  place=$(uses "$disk" | sed -n "s/^$1 mount //p" | head -n 1)
  if [ -n "$place" ]; then
    # Only a look for people: a path with blanks in it is not worth the unquoting here
    if [ -d "$root$place" ]; then tell "$1" "$root$place"; fi
    return
  fi
  type=$(blkid -p -s TYPE -o value "$root/dev/$1" 2>/dev/null)
  case $type in
  # A plain read-only mount would replay the journal, which is a write
  ext3 | ext4) how=ro,noload ;;
  xfs) how=ro,norecovery ;;
  ext2 | vfat | exfat) how=ro ;;
  *) return ;;
  esac
  if [ "$private" != yes ]; then return; fi
  place=$root/run/pimesh/look
  if mkdir -p "$place" && mount -t "$type" -o "$how,nosuid,nodev" "$root/dev/$1" "$place" 2>/dev/null; then
    tell "$1" "$place"
    umount "$place"
  fi
}

tell() { # tell NAME PLACE
  record "seen.$1" "$(df -kP "$2" | awk 'END { print $3 }') $(($(ls -A "$2" | wc -l)))"
  record "names.$1" "$(ls -A "$2" | head -n 12)"
  record "identity.$1" "$(head -c 4096 "$2/.pimesh/identity" 2>/dev/null)"
}

# --- doing -----------------------------------------------------------------------------------------------------------------

# prepare_disk DISK SUM UUID LABEL IDENTITY: one GPT partition over the whole disk with an ext4 file system of this UUID and label
# that holds the identity file. SUM is that of `describe` as the laptop has seen it: anything else is another disk
prepare_disk() {
  trap '' HUP PIPE INT TERM # a cut line must not leave half a disk: the node finishes what it was told
  mkdir -p "$root/run/pimesh" && why=$root/run/pimesh/prepare-disk.$$ || refuse E-COMMAND-FAILED "cannot write to /run"
  hold "$1"
  [ "$(sum_of "$1")" = "$2" ] ||
    refuse E-CHANGED-MEANWHILE "/dev/$1 is not what was shown any more: another disk has its name now, or something was changed on it"
  [ -z "$(uses "$1")" ] || refuse E-DISK-IN-USE "/dev/$1 is in use now: $(uses "$1" | head -n 1)"
  say step partition
  make_partition "$1" "$2"
  say step format
  make_file_system "$root/dev/$part" "$3" "$5"
  say step check
  # Off the medium, not out of memory
  flush && e2fsck -f -n "$root/dev/$part" >"$why" 2>&1 || broken "the new file system does not read back as it was written"
  say step label
  e2label "$root/dev/$part" "$4" >"$why" 2>&1 && flush || broken "e2label"
  exec 7<&-
  say step settle
  tell_udev "$1"
  rm -f "$why"
  say prepared "/dev/$part"
}

# hold DISK: an open disk keeps its name: what is plugged in meanwhile gets another one. The lock keeps udev, and with it every
# automounter, away from it until we are done (systemd.io/BLOCK_DEVICE_LOCKING); udev itself may look at it right now
hold() {
  (: <"$root/dev/$1") 2>/dev/null || refuse E-DISK-ABSENT "/dev/$1 is gone"
  exec 7<"$root/dev/$1"
  seconds=15
  until flock -x -n 7; do
    seconds=$((seconds - 1))
    [ "$seconds" -gt 0 ] || refuse E-DISK-IN-USE "another program holds a lock on /dev/$1"
    sleep 1
  done
}

sum_of() {
  describe "$1" | sha256sum | cut -d ' ' -f 1
}

# broken WORDS: from here on the old content is gone
broken() {
  say failed E-PREPARE-FAILED "$1: $(first_line "$why")"
  rm -rf "$why" "$root/run/pimesh/new-disk.$$"
  exit 11
}

# make_partition DISK SUM: sets $part. sfdisk opens the disk for itself alone and refuses one in use
make_partition() {
  printf 'label: gpt\ntype=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="pimesh"\n' |
    sfdisk --quiet --wipe always --wipe-partitions always "$root/dev/$1" >"$why" 2>&1 || {
    if [ "$(sum_of "$1")" = "$2" ]; then refuse E-COMMAND-FAILED "sfdisk: $(first_line "$why")"; fi
    broken "sfdisk"
  }
  case $1 in
  *[0-9]) part=${1}p1 ;;
  *) part=${1}1 ;;
  esac
  # blkid finds the entry of a partition by its place on the disk: it says "pimesh" once the kernel sees the new table. Where
  # sfdisk could not make it look again, partx tells it
  seconds=20
  until [ "$(volumes "$1" | tr '\n' ' ')" = "$1 $part " ] && [ -e "$root/dev/$part" ] &&
    [ "$(blkid -p -s PART_ENTRY_NAME -o value "$root/dev/$part" 2>/dev/null)" = pimesh ]; do
    seconds=$((seconds - 1))
    if [ "$seconds" = 0 ]; then
      echo "the kernel does not show the new partition /dev/$part" >"$why"
      broken "partitioning"
    fi
    case $seconds in
    18 | 9) { partx -d "$root/dev/$1" && partx -a "$root/dev/$1"; } 2>/dev/null || partx -a "$root/dev/$1" 2>/dev/null || : ;;
    *) sleep 1 ;;
    esac
  done
}

# make_file_system DEVICE UUID IDENTITY: complete with the identity file from the start. Without the features that older homes'
# e2fsck would refuse; a version that does not know one cannot switch it on either
make_file_system() {
  new=$root/run/pimesh/new-disk.$$
  rm -rf "$new"
  # Root's folder of the file system gets the mode of this one
  (umask 022 && mkdir -p "$new/.pimesh" && printf %s "$3" >"$new/.pimesh/identity") || {
    echo "cannot write to /run" >"$why"
    broken "the identity file"
  }
  off=
  for each in orphan_file metadata_csum_seed; do
    if mke2fs -n -q -O "^$each" "$1" </dev/null >/dev/null 2>&1; then off="$off${off:+,}^$each"; fi
  done
  # lazy_itable_init: the first mount zeroes the inode tables in the background. nodiscard: some USB bridges hang on it
  mkfs.ext4 -q -m 1 -L pimesh-new -U "$2" -d "$new" ${off:+-O "$off"} -E lazy_itable_init=1,nodiscard "$1" \
    </dev/null >/dev/null 2>"$why" || broken "mkfs.ext4"
  rm -rf "$new"
}

flush() {
  flush_device "$part" 2>"$why"
}

# tell_udev DISK: the links and labels that everybody else goes by. Older versions have skipped the events of a locked disk
tell_udev() {
  command -v udevadm >/dev/null || return 0
  udevadm trigger --action=change --sysname-match="$1" 2>/dev/null || :
  udevadm trigger --action=change --sysname-match="$part" 2>/dev/null || :
  udevadm settle --timeout=30 2>/dev/null || :
}
