# shellcheck shell=sh
# shellcheck disable=SC2154  # root, nonce, mount, lib and keep are the caller's, reason the init library's; given, disk, state and usb are set by whole-disk.sh
# shellcheck disable=SC2015  # A && B || C: C is right whichever of the two went wrong
# shellcheck disable=SC2012  # ls -l of links is the portable way to read thousands of them with one process
# What `pimesh eject` runs on a node, as root: a library behind init/*.sh and whole-disk.sh. The laptop looks (look_eject), decides, and calls
# the steps in their order. A step that fails first gives back what the earlier ones have taken: whoever was stopped runs again.
#
# Set by the caller: root, nonce, mount (where the disk belongs), lib (the folder of our scripts on the node, without root) and keep (services that run again
# when the disk is out: they had its files open, but do not live from it).

# --- looking ---------------------------------------------------------------------------------------------------------------

look_eject() { # look_eject DEVICE MOUNT UNIT...: DEVICE may be empty: then there is none
  disk=
  state=absent
  if [ -n "$1" ]; then which_disk "$1"; fi
  record device "$state $given $disk"
  record noted "$(cat "$root/run/pimesh/ejected" 2>/dev/null)"
  record mounts "$(cat "$root/proc/self/mounts")"
  record swaps "$(cat "$root/proc/swaps")"
  record available "$(awk '$1 == "MemAvailable:" { print $2 }' "$root/proc/meminfo")"
  if [ -n "$disk" ] && [ -e "$root/sys/block/$disk" ]; then
    record uses "$(uses "$disk")"
    record disk "$(describe_briefly)"
    record root "$(started_from "$disk")"
    usb_device "$disk"
    record port "${usb:+usb}"
    record siblings "$(siblings)"
  fi
  record users "$(users_below "$2" "$(uses_mounts)")"
  shift 2
  running=
  for each in "$@"; do
    case $(services_active "$each") in
    active | activating | reloading) running="$running $each" ;;
    *) ;;
    esac
  done
  record running "$running"
  record end ''
}

describe_briefly() { # as `describe` in whole-disk.sh, without reading the disk
  usb_device "$disk"
  printf 'vendor %s\n' "$(one_line "$root/sys/block/$disk/device/vendor" "${usb:-/nowhere}/manufacturer")"
  printf 'model %s\n' "$(one_line "$root/sys/block/$disk/device/model" "$root/sys/block/$disk/device/name" "${usb:-/nowhere}/product")"
  printf 'serial %s\n' "$(serial_of "$disk")"
}

uses_mounts() { # where the disk is mounted, as the kernel writes the paths
  if [ -n "$disk" ]; then uses "$disk" | sed -n 's/^[^ ]* mount //p'; fi
}

siblings() { # other disks in the same USB box: their power would go with ours
  if [ -z "$usb" ]; then return; fi
  for each in "$root"/sys/block/*/device; do
    name=${each%/device}
    name=${name##*/}
    case $name:$(readlink -f "$each") in
    "$disk":*) ;;
    *:"$usb"/*) printf '%s\n' "$name" ;;
    *) ;;
    esac
  done
}

# users_below MOUNT OTHER-MOUNTS: who has something of the disk open, or works in a folder of it: lines
# "PID<tab>NAME<tab>UNIT<tab>PATH". The paths of mounts are as the kernel writes them
users_below() {
  places=$(plain_lines "$1
$2")
  {
    ls -l "$root"/proc/[0-9]*/cwd "$root"/proc/[0-9]*/root "$root"/proc/[0-9]*/exe "$root"/proc/[0-9]*/fd 2>/dev/null |
      places=$places awk '
        BEGIN { count = split(ENVIRON["places"], place, "\n") }
        match($0, /\/proc\/[0-9]+\/fd:$/) { pid = number($0); next }
        (at = index($0, " -> ")) == 0 { next }
        {
          target = substr($0, at + 4)
          link = substr($0, 1, at - 1)
          for (i = 1; i <= count; i++) {
            if (place[i] == "" || (target != place[i] && index(target, place[i] "/") != 1)) continue
            print (link ~ /\/proc\/[0-9]+\/(cwd|root|exe)$/ ? number(link) : pid), target
            break
          }
        }
        function number(text) { sub(/.*\/proc\//, "", text); sub(/\/.*/, "", text); return text }'
    printf '%s\n' "$places" | while IFS= read -r place; do
      if [ -z "$place" ]; then continue; fi
      grep -lF " $place/" "$root"/proc/[0-9]*/maps 2>/dev/null | sed 's|/maps$||; s|.*/||' | while read -r pid; do
        printf '%s %s\n' "$pid" "$place"
      done
    done
  } | sort -u -k 1,1n | while read -r pid path; do
    # A user's own manager is not ours to ask: such a process has no unit here
    unit=$(sed -n '/user@/d; s|.*/\([^/]*\.service\).*|\1|p' "$root/proc/$pid/cgroup" 2>/dev/null | head -n 1)
    # Without systemd our own count of the tree says so by its number
    if [ -z "$unit" ] && [ "$pid" = "$(cat "$root/run/pimesh/index.pid" 2>/dev/null)" ]; then unit=pimesh-index; fi
    printf '%s\t%s\t%s\t%s\n' "$pid" "$(cat "$root/proc/$pid/comm" 2>/dev/null)" "$unit" "$path"
  done
}

plain_lines() { # \040 and its like back to what they stand for (proc(5))
  case $1 in
  *\\*) printf '%b\n' "$(printf '%s\n' "$1" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')" ;;
  *) printf '%s\n' "$1" ;;
  esac
}

# --- doing -----------------------------------------------------------------------------------------------------------------

begin_eject() { # begin_eject STATE-FOLDER WHO
  trap '' HUP PIPE INT TERM # a cut line must not leave an engine stopped and a disk mounted
  take_lock "$1" "$2"
  back=
}

# fail CODE WORDS: gives back what was taken, newest first, then says why
fail() {
  give_back
  say failed "$@"
  exit 11
}

give_back() {
  for each in $back; do
    case $each in
    swap:*)
      area=${each#swap:*:}
      name="the swap $(plain_lines "$area")"
      priority=${each#swap:}
      priority=${priority%%:*}
      # One below zero is the kernel's own choice, and cannot be asked for
      case $priority in -*) priority= ;; esac
      swapon ${priority:+-p "$priority"} "$root${name#the swap }" >/dev/null 2>&1
      ;;
    *)
      name=$each
      # A daemon that an init script starts must not inherit our locks
      service_start "$each" >/dev/null 2>&1 8>&- 9>&-
      ;;
    esac && say again "$name" || say not-again "$name"
  done
}

# stop_service UNIT: it is given back when a later step fails. Also one that only waits for its next try: the try would mount the
# disk again
stop_service() {
  was=$(services_active "$1") || :
  say step "stop $1"
  case $was in
  active | activating | reloading)
    service_stop "$1" || fail E-EJECT-FAILED "$1 would not stop: $(printf '%s' "$reason" | head -n 1)"
    case $1 in
    pimesh-index*) ;; # its timer begins it anew, and nobody has to wait until it is through
    *) back="$1 $back" ;;
    esac
    ;;
  *) service_stop "$1" || : ;;
  esac
}

# swap_off OUR-FILE UNIT AREA...: the AREAs as /proc/swaps writes them. Never forced: what is in them has to fit into memory
swap_off() {
  ours=$1
  unit=$2
  shift 2
  for area in "$@"; do
    path=$(plain_lines "$area")
    was=$(area=$area awk '$1 == ENVIRON["area"] { print $NF }' "$root/proc/swaps")
    say step "switch off the swap $path"
    if [ "$path" = "$ours" ] && [ -x "$root$lib/swap" ]; then
      reason=$("$root$lib/swap" off 2>&1) || fail E-SWAP-HELD "$(printf '%s' "$reason" | head -n 1)"
      if service_is_active "$unit"; then
        service_stop "$unit" || :
        back="$unit $back"
      else
        back="swap:$was:$area $back"
      fi
    else
      used=$(area=$area awk '$1 == ENVIRON["area"] { print $(NF - 1) }' "$root/proc/swaps")
      free=$(awk '$1 == "MemAvailable:" { print $2 }' "$root/proc/meminfo")
      [ "${used:-0}" -lt "${free:-0}" ] ||
        fail E-SWAP-HELD "$used KiB are in the swap $path and only ${free:-0} KiB of memory are available"
      reason=$(swapoff "$root$path" 2>&1) || fail E-SWAP-HELD "swapoff $path: $(printf '%s' "$reason" | head -n 1)"
      back="swap:$was:$area $back"
    fi
  done
}

# unmount_all DISK PLACE...: the PLACEs as the kernel writes them. Never lazily: what is still open would be lost
unmount_all() {
  disk=$1
  shift
  # No count of the tree begins meanwhile
  mkdir -p "$root/run/pimesh"
  exec 8>>"$root/run/pimesh/index.lock"
  flock -n 8 || :
  for place in "$@"; do
    path=$(plain_lines "$place")
    say step "unmount $path"
    seconds=6 # who was stopped just now may still be closing its files
    until reason=$(umount "$root$path" 2>&1); do
      seconds=$((seconds - 1))
      if [ "$seconds" = 0 ]; then
        users_below "$place" '' | while IFS= read -r each; do say user "$each"; done
        fail E-DISK-BUSY "$path cannot be unmounted: $(printf '%s' "$reason" | head -n 1)"
      fi
      sleep 1
    done
  done
  left=$(uses "$disk" | head -n 1)
  [ -z "$left" ] || fail E-DISK-BUSY "the disk is still in use: $left"
  # The disk is free: from here on only those of $keep are given back
  left=$back
  back=
  for each in $left; do
    case " $keep " in
    *" $each "*) back="$back $each" ;;
    *) ;;
    esac
  done
}

# flush_disk DISK: everything that was written is on the medium
flush_disk() {
  say step "write everything out"
  for each in $(volumes "$1"); do
    reason=$(flush_device "$each" 2>&1) ||
      fail E-EJECT-FAILED "the disk is unmounted, but /dev/$each could not be written out to the end: $(printf '%s' "$reason" | head -n 1)"
  done
}

# power_down DISK yes|no: the kernel lets go of the disk, which empties its cache and parks its heads; with yes, its USB port is
# switched off too, until something is plugged in there anew (Documentation/ABI/testing/sysfs-bus-usb, "remove"). It is what
# udisksctl power-off does. Says "off", "detached", or "powered" with the reason; none of them is a failure: the disk is unmounted
power_down() {
  usb_device "$1"
  gone=$root/sys/block/$1
  if [ -n "$(uses "$1")" ]; then fail E-DISK-BUSY "the disk is in use again: $(uses "$1" | head -n 1)"; fi
  if [ ! -e "$gone/device/delete" ]; then
    say powered "the kernel has no way to let go of a disk that is not SCSI or USB"
    return
  fi
  say step "detach /dev/$1"
  for each in "$gone"/device/scsi_disk/*/manage_system_start_stop "$gone"/device/scsi_disk/*/manage_start_stop; do
    if [ -e "$each" ]; then write_to "$each" || :; fi
  done
  write_to "$gone/device/delete" && wait_gone "$gone" || {
    say powered "the kernel did not let go of it within 15 s"
    return
  }
  if [ "$2" = no ] || [ ! -e "$usb/remove" ]; then
    say detached
    return
  fi
  say step "switch its USB port off"
  if write_to "$usb/remove" && wait_gone "$usb"; then say off; else say detached; fi
}

# write_to FILE: a 1, by a program, so that a simulated Pi can play the kernel behind /sys
write_to() {
  printf '1\n' | tee "$1" >/dev/null 2>&1
}

wait_gone() {
  seconds=15
  while [ -e "$1" ]; do
    seconds=$((seconds - 1))
    if [ "$seconds" -le 0 ]; then return 1; fi
    sleep 1
  done
}

# end_eject UUID UNIT...: the UNITs are ours and must not look failed
end_eject() {
  uuid=$1
  shift
  if [ -d "$root/run/systemd/system" ]; then
    for each in "$@"; do systemctl reset-failed "$each" 2>/dev/null || :; done
  fi
  give_back
  mkdir -p "$root/run/pimesh" && printf '%s %s\n' "$uuid" "$(date +%s)" >"$root/run/pimesh/ejected"
  say ejected
}
