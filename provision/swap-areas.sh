# shellcheck shell=sh
# shellcheck disable=SC2154  # root, mount and folder belong to apply.sh, which stands before this
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# Steps about swap on the data disk that is not the business of our own unit.

# swap_off PATH: an area that somebody else has switched on is off. Refused while memory could not take back what is in it
swap_off() {
  find_swap "$1"
  if [ -z "$priority" ]; then return; fi
  # Kernels before 3.14 do not estimate what is available
  free=$(awk '
    $1 == "MemAvailable:" { available = $2 }
    $1 == "MemFree:" || $1 == "Buffers:" || $1 == "Cached:" { sum += $2 }
    END { print available == "" ? sum : available }' "$root/proc/meminfo")
  [ "$((used + reserve))" -le "${free:-0}" ] ||
    fail E-APPLY-FAILED "$1 holds $used KiB of memory and only ${free:-0} KiB are available: stop something first"
  note swapped-off "$1" "$priority"
  swapoff "$root$1" 2>/dev/null || fail E-APPLY-FAILED "cannot switch off $1"
}

# KiB: what is left to work with after everything has come back
reserve=16384

# find_swap PATH: sets priority and used (KiB), or both to nothing. The columns are counted from the right: older kernels separate
# them differently
find_swap() {
  priority=
  used=
  read -r priority used <<line
$(want=$(printf %s "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g') awk '
    NR > 1 && $1 == ENVIRON["want"] { found = $NF " " $(NF - 1) }
    END { print found }' "$root/proc/swaps")
line
}

# undo_swap_off PATH PRIORITY: on again as it was; the kernel hands out negative priorities by itself
undo_swap_off() {
  find_swap "$1"
  if [ -n "$priority" ]; then return; fi
  case $2 in
  -*) swapon "$root$1" ;;
  *) swapon -p "$2" "$root$1" ;;
  esac 2>/dev/null
}

# swap_header PATH BYTES: for this kernel's page size; nothing else of the file changes. BYTES is what we have made it of: it is ours
# without any header, too
swap_header() {
  needs_disk "$1"
  find_swap "$1"
  [ -z "$priority" ] || fail E-APPLY-FAILED "the swap file $1 is in use"
  is_swap_file "$root$1" || is_roots_alone "$root$1" "$2" || fail E-NOT-OURS "$1 is no swap file"
  note swapheader "$1"
  mkswap "$root$1" >/dev/null 2>&1 && flush "$root$1" || fail E-APPLY-FAILED "cannot write a header into $1"
}

# remove_swap_file PATH: ours, and off
remove_swap_file() {
  needs_disk "$1"
  rm -f "$root$1.pimesh-new"
  if [ ! -e "$root$1" ]; then return; fi
  find_swap "$1"
  [ -z "$priority" ] || fail E-APPLY-FAILED "the swap file $1 is in use"
  is_swap_file "$root$1" || fail E-NOT-OURS "$1 is no swap file"
  note swapgone "$1" "$(($(wc -c <"$root$1")))"
  rm -f "$root$1" || fail E-APPLY-FAILED "cannot remove $1"
}

is_swap_file() { # the mark at the end of its first page, whose size depends on the kernel that has made it
  for page in 4096 8192 16384 32768 65536; do
    if [ "$(dd if="$1" bs=1 skip="$((page - 10))" count=10 2>/dev/null | tr -cd 'A-Z0-9')" = SWAPSPACE2 ]; then return; fi
  done
  return 1
}

is_roots_alone() { # is_roots_alone FILE BYTES
  # shellcheck disable=SC2012 # one file with a known name; LibreELEC's stat has no format
  [ "$(ls -ldn "$1" | awk '{ print substr($1, 1, 10), $3, $5 }')" = "-rw------- 0 $2" ]
}

undo_remove_swap_file() { # undo_remove_swap_file PATH BYTES: there was nothing in it, so a new one is as good
  on_disk || return
  if [ -e "$root$1" ]; then return; fi
  make_swap_file "$1" "$2"
}

# safe_mount PATH: nosuid and nodev, without taking it from those who use it
safe_mount() {
  mounted_at "$1"
  case ,$options, in
  *,nosuid,*nodev,* | *,nodev,*nosuid,*) return ;;
  esac
  note remounted "$1" "$options"
  mount -o "remount,$options,nosuid,nodev" "$root$1" 2>/dev/null || fail E-APPLY-FAILED "cannot remount $1 with nosuid and nodev"
}

undo_safe_mount() { # undo_safe_mount PATH OPTIONS: what was not forbidden is allowed again
  mounted_at "$1"
  if [ -z "$device" ]; then return; fi
  mount -o "remount,suid,dev,$2" "$root$1" 2>/dev/null
}
