# shellcheck shell=sh
# shellcheck disable=SC2154  # root, folder and number belong to apply.sh, which stands before this
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# The step that changes the kernel's command line, on a boot partition that is FAT. A rename is not atomic there, and an empty or
# torn file means a Pi that does not start. So the file is never cut short: the new line, which is at least as long as the
# old one and begins like it, is written over it in place. It is less than a sector and a whole line at every moment.

# boot_line PATH BACKUP BEFORE AFTER LINE: the file is this line. BEFORE and AFTER are sums, as for `put`; BACKUP is a copy beside it
boot_line() {
  target=$root$1
  check_sum "$target"
  if [ "$sum" = "$4" ]; then return; fi
  [ "$sum" = "$3" ] || fail E-CHANGED-MEANWHILE "$1 was changed by somebody else since it was planned"
  [ "${#5}" -ge "$(($(wc -c <"$target")))" ] || fail E-BOOT-FILE "the new line for $1 is shorter than the old one"
  cp -p "$target" "$folder/backup/$((number + 1))" || fail E-APPLY-FAILED "cannot keep a copy of $1"
  flush "$folder/backup/$((number + 1))"
  note bootline "$1" "$2" "$4"
  # FAT has no owners to keep: cp -p would complain
  cp "$target" "$root$2" && flush "$root$2" && cmp_files "$target" "$root$2" || {
    rm -f "$root$2"
    fail E-BOOT-FILE "cannot keep a copy of $1 beside it: is the boot partition full, or read-only?"
  }
  over_in_place "$target" "$5" || fail E-BOOT-FILE "cannot write $1"
  check_sum "$target"
  [ "$sum" = "$4" ] || fail E-BOOT-FILE "$1 does not read back as it was written"
}

# over_in_place FILE TEXT: over what is there, nothing cut off, and on the medium when this returns
over_in_place() {
  printf %s "$2" | dd of="$1" conv=notrunc 2>/dev/null && flush "$1"
}

cmp_files() {
  check_sum "$1"
  first_sum=$sum
  check_sum "$2"
  [ "$sum" = "$first_sum" ]
}

# undo_boot_line STEP PATH BACKUP AFTER: the old line, byte for byte; what somebody has written there since is theirs, and stays
undo_boot_line() {
  target=$root$2
  kept=$folder/backup/$1
  [ -f "$target" ] || return 1
  check_sum "$target"
  if [ "$sum" != "$4" ]; then
    if cmp_sum "$kept"; then
      rm -f "$root$3"
      return
    fi
    say left "$2"
    return
  fi
  # First the old line, filled up with blanks, then its end: one whole line at every moment, as above
  line=$(cat "$kept")
  over_in_place "$target" "$line$(printf "%$(($(wc -c <"$target") - ${#line} - 1))s" '')
" || return
  dd if=/dev/null of="$target" bs=1 seek="$(($(wc -c <"$kept")))" count=0 2>/dev/null &&
    dd if="$kept" of="$target" conv=notrunc 2>/dev/null && flush "$target" || return
  check_sum "$target"
  cmp_sum "$kept" && rm -f "$root$3"
}
