# shellcheck shell=sh
# shellcheck disable=SC2154  # root and nonce are the caller's
# shellcheck disable=SC2034  # what the functions set is for those who call them
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# What `pimesh disk prepare` and `pimesh eject` ask about a whole disk, as root: a library, prepended to prepare-disk.sh or eject.sh.
# It changes nothing. Set by the caller: root and nonce. A "name" is the kernel's: sda, sda1, mmcblk0p2.

say() { # a line for the laptop; it may be gone, and then the work goes on
  printf '%s %s\n' "$nonce" "$*" 2>/dev/null || :
}

record() { # record KEY TEXT: "<nonce> <key> <length>", the text, a newline
  printf '%s %s %s\n%s\n' "$nonce" "$1" "$(($(printf %s "$2" | wc -c)))" "$2"
}

# which_disk PATH: sets $given to the name of what is at this path, $disk to that of the whole disk it is or lies on, and
# $state: absent, no-block, partition, virtual (loop, zram, what the device mapper made) or disk
which_disk() {
  given=
  disk=
  state=absent
  if [ ! -e "$root$1" ]; then return; fi
  given=$(readlink -f "$root$1")
  given=${given##*/}
  state=no-block
  if [ ! -e "$root/sys/class/block/$given" ]; then return; fi
  disk=$given
  if [ -e "$root/sys/class/block/$given/partition" ]; then
    state=partition
    disk=$(readlink -f "$root/sys/class/block/$given")
    disk=${disk%/*}
    disk=${disk##*/}
    return
  fi
  state=disk
  case $(readlink -f "$root/sys/class/block/$given") in
  "$root"/sys/devices/virtual/block/*) state=virtual ;;
  esac
}

# volumes DISK: the names of the disk itself and of all its partitions that the kernel knows
volumes() {
  printf '%s\n' "$1"
  for each in "$root/sys/block/$1/$1"*/partition; do
    if [ -e "$each" ]; then
      each=${each%/partition}
      printf '%s\n' "${each##*/}"
    fi
  done
}

# uses DISK: what holds the disk or a part of it, each once, as lines "NAME mount PATH", "NAME swap PATH", "NAME held BY".
# Asked by number as well as by name: the root file system may be called /dev/root, and a name may be a link
uses() {
  {
    for name in $(volumes "$1"); do
      number=$(cat "$root/sys/class/block/$name/dev" 2>/dev/null)
      for each in "$root/sys/class/block/$name/holders"/*; do
        if [ -e "$each" ]; then printf '%s held %s\n' "$name" "${each##*/}"; fi
      done
      for each in "$root"/sys/block/loop*/loop/backing_file; do
        if [ -e "$each" ] && [ "$(cat "$each")" = "/dev/$name" ]; then
          each=${each%/loop/backing_file}
          printf '%s held %s\n' "$name" "${each##*/}"
        fi
      done
      if [ -n "$number" ]; then
        cat "$root/proc/1/mountinfo" "$root/proc/self/mountinfo" 2>/dev/null | name=$name number=$number awk '
          $3 == ENVIRON["number"] { print ENVIRON["name"], "mount", $5 }'
      fi
    done
    by_name "$1" mount <"$root/proc/self/mounts"
    by_name "$1" swap <"$root/proc/swaps"
  } | sort -u
}

by_name() { # by_name DISK mount|swap: of the lines on stdin that begin with a device of the disk
  all=" $(volumes "$1" | tr '\n' ' ')"
  while read -r source target rest; do
    case $source in
    /dev/*) ;;
    *) continue ;;
    esac
    name=$(readlink -f "$root$source" 2>/dev/null)
    name=${name##*/}
    case $all in
    *" $name "*) ;;
    *) continue ;;
    esac
    if [ "$2" = swap ]; then target=$source; fi
    printf '%s %s %s\n' "$name" "$2" "$target"
  done
}

# root_of_system: how the kernel was told of its root, and what fstab says
root_of_system() {
  record cmdline "$(cat "$root/proc/cmdline" 2>/dev/null)"
  record fstab "$(cat "$root/etc/fstab" 2>/dev/null)"
}

# started_from DISK: the word of the kernel's command line that names a part of this disk as the root, if one does
started_from() {
  tr ' ' '\n' <"$root/proc/cmdline" | while IFS= read -r word; do
    case $word in
    root=PARTUUID=*) device=/dev/disk/by-partuuid/${word#root=PARTUUID=} ;;
    root=UUID=*) device=/dev/disk/by-uuid/${word#root=UUID=} ;;
    root=LABEL=*) device=/dev/disk/by-label/${word#root=LABEL=} ;;
    root=/dev/*) device=${word#root=} ;;
    *) continue ;;
    esac
    device=$(readlink -f "$root$device" 2>/dev/null)
    for name in $(volumes "$1"); do
      if [ "${device##*/}" = "$name" ]; then printf '%s\n' "$word"; fi
    done
  done
}

# bus_of DISK: usb, mmc, nvme, ata or virtio, or nothing; by the way that leads to the device
bus_of() {
  case $(readlink -f "$root/sys/block/$1/device" 2>/dev/null) in
  */usb[0-9]*) echo usb ;;
  */mmc_host/*) echo mmc ;;
  */nvme[0-9]*) echo nvme ;;
  */ata[0-9]*) echo ata ;;
  */virtio[0-9]*) echo virtio ;;
  *) ;;
  esac
}

# usb_device DISK: sets $usb to the folder of the USB device that the disk is, or to nothing
usb_device() {
  usb=
  if [ "$(bus_of "$1")" != usb ]; then return; fi
  usb=$(readlink -f "$root/sys/block/$1/device")
  while [ -n "$usb" ] && [ ! -e "$usb/idVendor" ]; do usb=${usb%/*}; done
}

# one_line FILE...: the first of them that says something, without blanks around it
one_line() {
  for each in "$@"; do
    line=$(head -n 1 "$each" 2>/dev/null | tr -cd ' -~' | sed 's/^ *//; s/ *$//')
    if [ -n "$line" ]; then
      printf '%s\n' "$line"
      return
    fi
  done
}

# describe DISK: who this device is and what is on it, for people and for the comparison before anything is erased. Lines
# "KEY VALUE"; those behind a "volume NAME" are about that volume: its size, every signature (wipefs), what blkid makes of it,
# and whether its first MiB is blank, unreadable, or has this sum
describe() {
  usb_device "$1"
  block=$root/sys/block/$1
  printf 'name %s\n' "$1"
  for each in dev diskseq ro; do printf '%s %s\n' "$each" "$(cat "$block/$each" 2>/dev/null)"; done
  printf 'bus %s\n' "$(bus_of "$1")"
  printf 'model %s\n' "$(one_line "$block/device/model" "$block/device/name" "${usb:-/nowhere}/product")"
  printf 'vendor %s\n' "$(one_line "$block/device/vendor" "${usb:-/nowhere}/manufacturer")"
  printf 'serial %s\n' "$(serial_of "$1")"
  for name in $(volumes "$1"); do
    printf 'volume %s\n' "$name"
    printf 'sectors %s\n' "$(cat "$root/sys/class/block/$name/size" 2>/dev/null)"
    if found=$(wipefs -p "$root/dev/$name" 2>/dev/null); then
      printf '%s\n' "$found" | sed -n 's/^0x/sig 0x/p'
      blkid -p -o export "$root/dev/$name" 2>/dev/null | sed 's/^/tag /'
      printf 'start %s\n' "$(start_of "$root/dev/$name")"
    else
      echo 'start unreadable'
    fi
  done
}

serial_of() {
  number=$(cat "$root/sys/block/$1/dev" 2>/dev/null)
  line=$(sed -n 's/^E:ID_SERIAL_SHORT=//p' "$root/run/udev/data/b$number" 2>/dev/null)
  if [ -n "$line" ]; then printf '%s\n' "$line"; else one_line "${usb:-/nowhere}/serial" "$root/sys/block/$1/device/serial"; fi
}

# start_of DEVICE: a copy is summed, as a pipe would hide that the device could not be read
start_of() {
  mkdir -p "$root/run/pimesh"
  if ! dd if="$1" of="$root/run/pimesh/start.$$" bs=65536 count=16 2>/dev/null; then
    echo unreadable
  elif [ "$(($(tr -d '\000' <"$root/run/pimesh/start.$$" | wc -c)))" = 0 ]; then
    echo blank
  else
    sha256sum <"$root/run/pimesh/start.$$" | cut -d ' ' -f 1
  fi
  rm -f "$root/run/pimesh/start.$$"
}

# flush_device NAME: all that was written to it is on the medium, and nothing of it in memory any more. Older versions of sync know
# no operands, and sync everything
flush_device() {
  sync "$root/dev/$1" 2>/dev/null || sync
  blockdev --flushbufs "$root/dev/$1"
}

# take_lock STATE-FOLDER WHO: the lock of `pimesh provision`; the kernel gives it back when this shell ends
take_lock() {
  command -v flock >/dev/null || refuse E-TOOL-MISSING "flock"
  mkdir -p "$root$1" && chmod 700 "$root$1" && (: >>"$root$1/lock") 2>/dev/null || refuse E-COMMAND-FAILED "cannot write to $1"
  exec 9>>"$root$1/lock"
  flock -n 9 || refuse E-LOCKED "$(tail -n 1 "$root$1/lock")"
  printf '%s\n' "$2" >"$root$1/lock"
}

refuse() { # refuse CODE WORDS: before anything was done
  say refused "$@"
  exit 10
}

first_line() { # first_line FILE
  head -n 1 "$1" 2>/dev/null | tr -d '\r'
}
