# shellcheck shell=sh
# shellcheck disable=SC2154  # root, state, nonce, mount and uuid are the caller's, reason the init library's
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# shellcheck disable=SC2016  # the scripts of `covered` are expanded by the shell that runs them
# What `pimesh provision` runs on a node, as root: a library of steps, prepended to the list of calls that a plan is made of.
#
# Every step is read-compare-write and leaves a line in the journal before it changes anything, so that a run that was cut
# off is finished by the next one, and any run can be undone, last step first. The journal of a run is the folder
# $state/runs/<id>: `journal` (one step a line: number, verb, then the verb's own words, tab-separated),
# `backup/<number>` (the replaced file), `place` (mount point, UUID), `state` (open, done, undone). One folder per run; the newest is the last in name order.
#
# Set by the caller before anything here is called: root, state, nonce, mount, uuid, lib (folder of our scripts). One of init/*.sh
# stands before this: all that a step knows of systemd or sysvinit are its functions.
# The caller's words to the laptop go out as lines "<nonce> <what> ...".

say() { # a line for the laptop; it may be gone, and then the work goes on
  printf '%s %s\n' "$nonce" "$*" 2>/dev/null || :
}

# --- the run -------------------------------------------------------------------------------------------------------

begin() { # begin NAME WHO: takes the lock and opens the journal, or goes on with the one that a cut-off run has left
  trap '' HUP PIPE INT TERM # a cut line must not leave half a step: the node finishes what it was told
  mkdir -p "$root$state/runs" && chmod 700 "$root$state" || refuse E-APPLY-FAILED "cannot make $state"
  take_lock
  printf '%s\n' "$2" >"$root$state/lock" || refuse E-APPLY-FAILED "cannot write to $state"
  run=$(runs open | tail -n 1)
  if [ -n "$run" ]; then
    folder=$root$state/runs/$run
    # Empty: a power cut took it before it had reached the medium, and so before the first step
    if [ ! -s "$folder/place" ] && [ ! -s "$folder/journal" ]; then place >"$folder/place"; fi
    [ "$(place)" = "$(cat "$folder/place")" ] ||
      refuse E-CHANGED-MEANWHILE "an earlier provision for another disk or mount point was cut off; undo it first"
    say resumed "$run"
  else
    run=$(next_number)-$1
    folder=$root$state/runs/$run
    mkdir -p "$folder/backup" && : >"$folder/journal" && place >"$folder/place" && flush "$folder/place" && mark_run open ||
      refuse E-APPLY-FAILED "cannot write to $state"
    say begun "$run"
  fi
  whole_lines
  number=$(($(grep -c '' "$folder/journal" || :) + 0))
}

take_lock() { # frees itself: the kernel gives it back when this shell ends
  command -v flock >/dev/null || refuse E-APPLY-FAILED "there is no flock on this node"
  # A failing exec would end the shell without a word
  (: >>"$root$state/lock") 2>/dev/null || refuse E-APPLY-FAILED "cannot write to $state"
  exec 9>>"$root$state/lock"
  flock -n 9 || refuse E-LOCKED "$(tail -n 1 "$root$state/lock")"
}

place() {
  printf '%s\n%s\n' "$mount" "$uuid"
}

# next_number: runs are ordered by a number of the node's own; the clocks of two laptops may differ by days
next_number() {
  newest=$(runs | tail -n 1)
  newest=${newest%%-*}
  newest=${newest#"${newest%%[!0]*}"}
  case $newest in
  *[!0-9]*) newest= ;;
  esac
  printf '%06d' "$((${newest:-0} + 1))"
}

# whole_lines: a power cut can leave half of the last line: that step had not begun
whole_lines() {
  if [ ! -s "$folder/journal" ] || [ -z "$(tail -c 1 "$folder/journal")" ]; then return; fi
  head -n "$(($(wc -l <"$folder/journal")))" "$folder/journal" >"$folder/journal.new" && mv "$folder/journal.new" "$folder/journal"
}

runs() { # runs [STATE...]: the names of the runs in one of these states, oldest first; all without one
  for each in "$root$state"/runs/*/; do
    [ -e "$each/state" ] || continue
    case " ${*:-$(cat "$each/state")} " in
    *" $(cat "$each/state") "*) basename "$each" ;;
    esac
  done
}

mark_run() { # mark_run open|done|undone
  printf '%s\n' "$1" >"$folder/state.new" && flush "$folder/state.new" && mv "$folder/state.new" "$folder/state"
}

pause() { # a second part follows that could not be planned yet: the run stays open for it
  say committed "$run"
}

commit() { # the run is complete; the ten newest are kept
  mark_run 'done' || fail E-APPLY-FAILED "cannot write to $state"
  if [ ! -s "$folder/journal" ]; then rm -rf "$folder"; fi
  runs | sort -r | tail -n +11 | while IFS= read -r each; do rm -rf "$root$state/runs/$each"; done
  say committed "$run"
}

refuse() { # refuse CODE WORDS: before anything was done
  say refused "$@"
  exit 10
}

fail() { # fail CODE WORDS: in the middle; what this run did is undone, so that "failed" means "nothing changed"
  say failed "$@"
  if undo_run; then say undone "$run"; else say "undo-failed"; fi
  exit 11
}

# --- the journal ---------------------------------------------------------------------------------------------------

note() { # note VERB WORDS...: the line stands on the disk before the step begins
  number=$((number + 1))
  line=$number
  for word in "$@"; do
    case $word in
    *"$tab"* | *"$newline"*) fail E-APPLY-FAILED "a name with a tab or newline cannot be kept in the journal" ;;
    esac
    line=$line$tab$word
  done
  printf '%s\n' "$line" >>"$folder/journal" && flush "$folder/journal" ||
    fail E-APPLY-FAILED "cannot write to the journal in $state"
}

tab=$(printf '\t')
newline='
'

flush() { # to the medium: a power cut after this line finds it there
  sync "$@" 2>/dev/null || sync
}

# --- steps ---------------------------------------------------------------------------------------------------------

# check_sum FILE: sets $sum to what the plan calls the state of a file, `absent` included
check_sum() {
  sum=absent
  if [ -e "$1" ]; then
    sum=$(sha256sum <"$1")
    sum=${sum%% *}
  fi
}

# on_disk: the data disk is mounted where it belongs at this very moment; asked before every write to it
on_disk() {
  mounted_at "$mount"
  [ -n "$device" ] && [ "$device" = "$(readlink -f "$root/dev/disk/by-uuid/$uuid" 2>/dev/null)" ]
}

# mounted_at PATH: sets $device to what is mounted there and $options to how; the last line of a path decides, an autofs
# alone is nothing
mounted_at() {
  device=
  options=
  case $1 in
  *[\\\ $tab]*) want=$(printf '%s' "$1" | sed 's/\\/\\134/g; s/ /\\040/g; s/	/\\011/g') ;;
  *) want=$1 ;;
  esac
  while read -r source target type how rest; do
    if [ "$target" != "$want" ]; then continue; fi
    device=$source
    options=$how
    if [ "$type" = autofs ]; then device=; fi
  done <"$root/proc/self/mounts"
  if [ -n "$device" ] && [ -r "$root/proc/self/mountinfo" ]; then
    # A bind mount of a folder of the disk is not the disk (proc(5): the fourth field is the root of the mount)
    part=/
    while read -r _ _ _ top target rest; do
      if [ "$target" = "$want" ]; then part=$top; fi
    done <"$root/proc/self/mountinfo"
    if [ "$part" != / ]; then device="a folder of $device"; fi
  fi
  case $device in
  /*) device=$(readlink -f "$root$device" 2>/dev/null || printf '%s\n' "$root$device") ;;
  esac
}

# through_no_link PATH TOP: no part of PATH below TOP is a symlink. Peers can put links into the tree; root must not follow them
through_no_link() {
  part=$1
  while [ "$part" != "$2" ] && [ -n "$part" ]; do
    if [ -L "$root$part" ]; then return 1; fi
    part=${part%/*}
  done
}

# needs_disk PATH: refuses to touch anything below the mount point unless the disk is there and no link leads away
needs_disk() {
  case $1 in
  "$mount"/*)
    on_disk || fail E-DISK-NOT-MOUNTED "the disk left $mount before $1 was written"
    through_no_link "$1" "$mount" || fail E-APPLY-FAILED "$1 leads through a symlink"
    ;;
  esac
}

# put PATH MODE OWNER BEFORE AFTER TEXT: the file has this text, mode and owner. BEFORE is what the plan saw there, AFTER the
# sum of the text
put() {
  aim_at "$1" "$4" "$5"
  (umask 077 && printf %s "$6" >"$fresh") && put_in_place "$2" "$3" || {
    rm -f "$fresh"
    fail E-APPLY-FAILED "cannot write $1"
  }
}

# stdin_waits: what comes behind the script is for `receive` alone; whatever runs before it finds an empty input
stdin_waits() {
  exec 7<&0 </dev/null
}

# receive PATH MODE OWNER BEFORE AFTER BYTES: as `put`, with a file that comes behind the script. One in a run: head may read ahead
receive() {
  aim_at "$1" "$4" "$5"
  (umask 077 && head -c "$6" <&7 >"$fresh") || {
    rm -f "$fresh"
    fail E-APPLY-FAILED "cannot write $1"
  }
  exec 7<&-
  check_sum "$fresh"
  if [ "$sum" != "$5" ]; then
    got=$(($(wc -c <"$fresh")))
    rm -f "$fresh"
    fail E-APPLY-FAILED "$1 did not arrive whole: $got of $6 bytes, or others than were sent"
  fi
  put_in_place "$2" "$3" || {
    rm -f "$fresh"
    fail E-APPLY-FAILED "cannot write $1"
  }
}

# aim_at PATH BEFORE AFTER: sets $target, and $fresh beside it; what stands there is what the plan saw, and a copy of it is kept
aim_at() {
  needs_disk "$1"
  target=$root$1
  if [ -L "$target" ]; then target=$(readlink -f "$target"); fi
  check_sum "$target"
  case $sum in
  "$2" | "$3") ;; # the latter: a cut-off run has written it already
  *) fail E-CHANGED-MEANWHILE "$1 was changed by somebody else since it was planned" ;;
  esac
  keep "$1" "$target" "$3"
  fresh=$target.pimesh-new
  rm -f "$fresh"
}

put_in_place() { # put_in_place MODE OWNER: $fresh becomes $target
  chmod "$1" "$fresh" && give "$2" "$fresh" && flush "$fresh" && mv "$fresh" "$target"
}

# remove PATH BEFORE: the file is gone; BEFORE as for `put`
remove() {
  needs_disk "$1"
  if [ ! -e "$root$1" ]; then return; fi
  check_sum "$root$1"
  [ "$sum" = "$2" ] || fail E-CHANGED-MEANWHILE "$1 was changed by somebody else since it was planned"
  keep "$1" "$root$1" absent
  rm -f "$root$1" || fail E-APPLY-FAILED "cannot remove $1"
}

# keep PATH TARGET AFTER: a copy of what stands there goes to the run's folder, and the journal says so
keep() {
  if [ -e "$2" ]; then
    cp -p "$2" "$folder/backup/$((number + 1))" || fail E-APPLY-FAILED "cannot keep a copy of $1"
    flush "$folder/backup/$((number + 1))"
    note put "$1" kept "$3"
  else
    note put "$1" absent "$3"
  fi
}

# give OWNER PATH: what we make is root's already
give() {
  if [ "$1" != 0:0 ]; then chown "$1" "$2"; fi
}

# folder PATH MODE OWNER: the folder is there; one that exists is left as it is
folder() {
  needs_disk "$1"
  if [ -d "$root$1" ]; then return; fi
  note folder "$1"
  mkdir -m "$2" "$root$1" && give "$3" "$root$1" || fail E-APPLY-FAILED "cannot make $1"
}

# covered COMMANDS: runs them where $bare is the directory under the mount point, whatever is mounted on it
covered() {
  mounted_at "$mount"
  if [ -z "$device" ]; then
    bare=$root$mount
    export bare
    sh -c "$1"
    return
  fi
  mkdir -p "$root/run/pimesh/covered" || return
  place=$root$mount
  inside=$1
  export root place inside
  unshare -m sh -c '
    mount --make-rprivate "$root/" && mount --bind "$(dirname "$place")" "$root/run/pimesh/covered" || exit
    bare=$root/run/pimesh/covered/$(basename "$place")
    export bare
    sh -c "$inside"
    status=$?
    umount "$root/run/pimesh/covered"
    exit "$status"
  '
}

# bare_folder: the mount point exists and nothing can be written to it while the disk is away
bare_folder() {
  if [ ! -d "$root$mount" ]; then
    note folder "$mount"
    mkdir -p "$root$mount" && chmod 755 "$root$mount" || fail E-APPLY-FAILED "cannot make $mount"
  fi
  if covered 'lsattr -d "$bare" 2>/dev/null | cut -d " " -f 1 | grep -q i'; then return; fi
  covered '[ -z "$(ls -A "$bare")" ]' || fail E-HIDDEN-FILES "files have come to lie under the mount point $mount"
  note immutable
  covered '
    chattr +i "$bare" 2>/dev/null
    case $(lsattr -d "$bare" 2>/dev/null) in
    *i*\ *) ;;
    *) chown 0:0 "$bare" && chmod 0 "$bare" ;;
    esac
  ' || fail E-APPLY-FAILED "cannot protect the bare directory $mount"
}

# move_hidden: what lies under the mount point on the SD card goes aside, by renaming alone; never deleted
move_hidden() {
  # A name of its own for each time: nothing that was moved aside before is in the way
  aside=pimesh-hidden-$run-$((number + 1))
  note moved "$aside"
  export aside
  covered '
    chattr -i "$bare" 2>/dev/null
    aside=$(dirname "$bare")/$aside
    mkdir "$aside" || exit
    for each in "$bare"/* "$bare"/.[!.]* "$bare"/..?*; do
      if [ ! -e "$each" ] && [ ! -L "$each" ]; then continue; fi
      mv "$each" "$aside/" || exit
    done
  ' || fail E-APPLY-FAILED "cannot move aside what lies under $mount"
}

# unmount PATH: takes the disk from where somebody else has mounted it
unmount() {
  mounted_at "$1"
  if [ -z "$device" ]; then return; fi
  note unmounted "$1" "${device#"$root"}" "$options"
  umount "$root$1" || fail E-APPLY-FAILED "cannot unmount $1: something uses it (ssh to it and ask: fuser -vm $1)"
}

# reload: whoever manages services, and udev, read their files again
reload() {
  note reload
  manager_reload || fail E-APPLY-FAILED "the service manager or udev would not read the new files"
}

# mount_disk UNIT: mounted now, by our unit, and it is the right one
mount_disk() {
  if ! on_disk; then
    note mounted "$1"
    mount_now "$1"
    on_disk || fail E-DISK-NOT-MOUNTED "still not mounted at $mount after the mount step: $(printf %s "$reason" | head -n 1)"
  fi
  case ,$options, in
  *,ro,*) fail E-DISK-READ-ONLY "mounted read-only at $mount" ;;
  esac
}

# enable_unit UNIT, start_unit UNIT: unless it is so already
enable_unit() {
  if service_is_enabled "$1"; then return; fi
  note enabled "$1"
  services_remember "$folder/backup/$number.services"
  service_enable "$1" || fail E-APPLY-FAILED "cannot enable $1: $(printf %s "$reason" | head -n 1)"
}

start_unit() {
  if service_is_active "$1"; then return; fi
  note started "$1"
  service_start "$1" || fail E-APPLY-FAILED "cannot start $1: $(printf %s "$reason" | head -n 1)"
}

# restart_unit UNIT
restart_unit() {
  note restarted "$1"
  service_restart "$1" || fail E-APPLY-FAILED "cannot restart $1: $(printf %s "$reason" | head -n 1)"
}

# disable_unit UNIT
disable_unit() {
  note disabled "$1"
  services_remember "$folder/backup/$number.services"
  service_disable "$1" || fail E-APPLY-FAILED "cannot disable $1: $(printf %s "$reason" | head -n 1)"
}

# stop_unit UNIT
stop_unit() {
  note stopped "$1"
  service_stop "$1" || fail E-APPLY-FAILED "cannot stop $1: $(printf %s "$reason" | head -n 1)"
}

# install_package NAME: from the distribution. apt says nothing for minutes; its own words are kept for whoever has to look
install_package() {
  if [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = 'install ok installed' ]; then return; fi
  note installed "$1"
  said=$root$state/apt.log
  export DEBIAN_FRONTEND=noninteractive
  # Without the lists of a fresh image there is nothing to choose from
  { apt-get install -y -q --no-install-recommends "$1" ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends "$1"; }; } >"$said" 2>&1 </dev/null ||
    fail E-APPLY-FAILED "cannot install $1: $(grep '^E:' "$said" | tail -n 1)"
}

# syncthing_home HOME USER: keys and configuration, made by Syncthing itself as the user that it runs as
syncthing_home() {
  needs_disk "$1/config.xml"
  if [ -e "$root$1/config.xml" ]; then return; fi
  note generated "$1"
  # 2.x has other names for its options
  options='--no-default-folder --skip-port-probing'
  if ! "$root/usr/bin/syncthing" generate --help 2>&1 | grep -q skip-port-probing; then options=--no-port-probing; fi
  # A password that nobody knows: the page is on loopback, and open to everybody there without one
  # shellcheck disable=SC2086 # words
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' |
    runuser -u "$2" -- env HOME="$root$1" STNODEFAULTFOLDER=1 "$root/usr/bin/syncthing" generate --home="$root$1" --gui-user=pimesh --gui-password=- $options >/dev/null 2>&1 &&
    [ -s "$root$1/config.xml" ] && flush "$root$1/config.xml" "$root$1/key.pem" ||
    fail E-APPLY-FAILED "Syncthing could not make its keys in $1"
}

# index_now: the tree is counted for the first time, or by new rules, and nobody waits for it. Without an index before, undoing
# leaves none
index_now() {
  needs_disk "$mount/.pimesh/index-summary.json"
  if [ -e "$root$mount/.pimesh/index-summary.json" ]; then note indexed kept; else note indexed absent; fi
  index_start || fail E-APPLY-FAILED "cannot start the count of the tree: $(printf %s "$reason" | head -n 1)"
}

# stop_swap UNIT: the disk's swap is really off afterwards. systemctl stop says yes also when swapoff was refused, because
# what is in the swap would not fit into memory
stop_swap() {
  note stopped "$1"
  service_stop "$1" || fail E-APPLY-FAILED "cannot stop $1: $(printf %s "$reason" | head -n 1)"
  if disk_swaps; then fail E-APPLY-FAILED "the disk's swap cannot be switched off now: what is in it does not fit into memory"; fi
}

# disk_swaps: some swap area of the disk is on
disk_swaps() {
  while read -r area rest; do
    case $area in
    "$mount"/*) return ;;
    esac
  done <"$root/proc/swaps"
  return 1
}

# kernel_value NAME VALUE: a value below /proc/sys/kernel, now; the file in sysctl.d keeps it over a boot
kernel_value() {
  was=$(cat "$root/proc/sys/kernel/$1" 2>/dev/null) || return 0
  if [ "$was" = "$2" ]; then return; fi
  note kernel "$1" "$was"
  printf '%s\n' "$2" >"$root/proc/sys/kernel/$1" || fail E-APPLY-FAILED "cannot set kernel.$1"
}

# swap_file PATH BYTES: complete, 0600, without holes and with this kernel's header before it gets its name; an old one goes first
swap_file() {
  needs_disk "$1"
  was=0
  if [ -e "$root$1" ]; then was=$(($(wc -c <"$root$1"))); fi
  if disk_swaps; then fail E-APPLY-FAILED "the swap of the disk is in use"; fi
  note swapfile "$1" "$was"
  # Nothing is in it that could be lost, and a disk full of photos may have no room for two
  rm -f "$root$1" || fail E-APPLY-FAILED "cannot remove the old swap file $1"
  make_swap_file "$1" "$2" || fail E-APPLY-FAILED "cannot make the swap file $1"
}

make_swap_file() {
  fresh=$root$1.pimesh-new
  rm -f "$fresh"
  (umask 077 && : >"$fresh") && fill_file "$fresh" "$2" && chmod 600 "$fresh" && mkswap "$fresh" >/dev/null 2>&1 &&
    flush "$fresh" && mv "$fresh" "$root$1" || {
    rm -f "$fresh"
    return 1
  }
}

fill_file() { # fill_file PATH BYTES: blocks, no holes; LibreELEC has no fallocate
  fallocate -l "$2" "$1" 2>/dev/null && return
  dd if=/dev/zero of="$1" bs=1048576 count=$((($2 + 1048575) / 1048576)) 2>/dev/null &&
    dd if=/dev/null of="$1" bs=1 seek="$2" count=0 2>/dev/null
}

# --- undoing -------------------------------------------------------------------------------------------------------

# undo_run: every step of the run, last first. What cannot be undone is said and the rest goes on, but for the disk's swap: while
# that is on, what keeps others out of it stays
undo_run() {
  trouble=
  stuck=
  again=
  ended=
  whole_lines
  count=$(grep -c '' "$folder/journal" || :)
  while [ "$count" -gt 0 ] && [ -z "$stuck" ]; do
    line=$(sed -n "${count}p" "$folder/journal")
    count=$((count - 1))
    undo_line "$line" || {
      trouble=yes
      say trouble "$(printf %s "$line" | tr '\t' ' ')"
    }
  done
  if [ -n "$stuck" ]; then
    say trouble "what came before it (what is in the disk's swap does not fit into memory now: stop the engine first)"
  fi
  manager_reload || {
    trouble=yes
    say trouble "the service manager and udev would not read their files again"
  }
  for each in $again; do
    case " $ended " in
    *" $each "*) continue ;; # the run itself has brought it
    esac
    service_restart "$each" || {
      trouble=yes
      say trouble "the restart of $each"
    }
  done
  if [ -n "$trouble" ]; then return 1; fi
  mark_run undone
}

undo_line() {
  IFS=$tab read -r step verb first second third <<line
$1
line
  case $verb in
  put) undo_put "$step" "$first" "$second" "$third" ;;
  folder) undo_folder "$first" ;;
  immutable) covered 'chattr -i "$bare" 2>/dev/null || chmod 755 "$bare"' ;;
  moved) undo_move "$first" ;;
  unmounted) undo_unmount "$first" "$second" "$third" ;;
  reload) : ;;
  mounted) undo_mount "$first" ;;
  enabled) undo_enable "$first" && services_restore "$folder/backup/$step.services" ;;
  started) ended="$ended $first" && service_stop "$first" && swap_lets_go "$first" ;;
  stopped) manager_reload && service_start "$first" ;;
  restarted) undo_restart "$first" ;;
  disabled) manager_reload && service_enable "$first" && services_restore "$folder/backup/$step.services" ;;
  kernel) printf '%s\n' "$second" >"$root/proc/sys/kernel/$first" ;;
  swapfile) undo_swap_file "$first" "$second" ;;
  swapheader) : ;; # nothing was in it, and whoever switches it on needs a header that fits
  swapgone) undo_remove_swap_file "$first" "$second" ;;
  swapped-off) undo_swap_off "$first" "$second" ;;
  remounted) undo_safe_mount "$first" "$second" ;;
  indexed) undo_index "$first" ;;
  installed) undo_install "$first" ;;
  generated) undo_home "$first" ;;
  bootline) undo_boot_line "$step" "$first" "$second" "$third" ;;
  *) return 1 ;;
  esac
}

# undo_restart UNIT: at the very end, when all old files are back. The disk's swap goes off at once, as `isolated` asks for files
# that are about to go; at its restart its script looks anew whether it may be on
undo_restart() {
  case " $again " in
  *" $1 "*) ;;
  *) again="$again $1" ;;
  esac
  case $1 in
  pimesh-swap*) "$root$lib/swap" off >/dev/null 2>&1 || : ;;
  esac
  swap_lets_go "$1"
}

swap_lets_go() { # swap_lets_go UNIT: where it is the swap's, the swap is off
  case $1 in
  pimesh-swap*) ;;
  *) return 0 ;;
  esac
  if disk_swaps; then
    stuck=yes
    return 1
  fi
}

# undo_enable UNIT: not when the run was cut off before it was enabled
undo_enable() {
  if ! service_is_enabled "$1"; then return; fi
  service_disable "$1"
}

undo_mount() { # undo_mount UNIT
  mounted_at "$mount"
  if [ -n "$device" ]; then unmount_now "$1"; fi
}

undo_unmount() { # undo_unmount PATH DEVICE OPTIONS: back to where somebody else had it
  mounted_at "$1"
  if [ -n "$device" ]; then return; fi
  mkdir -p "$root$1" && mount -o "${3:-rw}" "$2" "$root$1"
}

undo_put() { # undo_put STEP PATH kept|absent AFTER; what somebody has written there since is theirs, and stays
  case $2 in
  "$mount"/*) on_disk || return ;;
  esac
  case $3 in
  kept | absent) ;;
  *) return 1 ;;
  esac
  target=$root$2
  if [ -L "$target" ]; then target=$(readlink -f "$target"); fi
  rm -f "$target.pimesh-new"
  check_sum "$target"
  if [ "$sum" != "$4" ]; then
    # Cut off before it was written, or changed since
    if [ "$3" = absent ] && [ "$sum" = absent ]; then return; fi
    if [ "$3" = kept ] && [ -e "$folder/backup/$1" ] && cmp_sum "$folder/backup/$1"; then return; fi
    say left "$2"
    return
  fi
  # A second name costs no space on a full card; a copy is only the second choice, and none no reason to stop
  if [ -e "$target" ]; then ln "$target" "$folder/backup/$1.undone" 2>/dev/null || cp -p "$target" "$folder/backup/$1.undone" 2>/dev/null || :; fi
  case $3 in
  absent) rm -f "$target" ;;
  kept)
    cp -p "$folder/backup/$1" "$target.pimesh-new" && flush "$target.pimesh-new" && mv "$target.pimesh-new" "$target"
    ;;
  esac
}

cmp_sum() { # the file has the sum that $sum holds
  now=$sum
  check_sum "$1"
  [ "$sum" = "$now" ]
}

undo_folder() { # only what is still empty: what somebody has put there since is theirs
  if [ "$1" = "$mount" ]; then
    mounted_at "$mount"
    if [ -n "$device" ]; then return 1; fi
  fi
  case $1 in
  "$mount"/*) on_disk || return ;;
  esac
  rmdir "$root$1" 2>/dev/null || :
}

undo_move() { # undo_move NAME
  aside=$1
  export aside
  covered '
    aside=$(dirname "$bare")/$aside
    [ -d "$aside" ] || exit 0
    for each in "$aside"/* "$aside"/.[!.]* "$aside"/..?*; do
      if [ ! -e "$each" ] && [ ! -L "$each" ]; then continue; fi
      mv "$each" "$bare/" || exit
    done
    rmdir "$aside"
  '
}

undo_index() { # undo_index kept|absent: what stood there is derived, and made anew by the old rules when it is due
  index_stop || return
  if [ "$1" = kept ]; then return; fi
  on_disk || return
  for each in index index.new index-summary.json index-summary.new; do rm -f "$root$mount/.pimesh/$each" || return; done
}

undo_install() { # undo_install NAME: what it has brought along stays: others may have come to need it
  DEBIAN_FRONTEND=noninteractive apt-get remove -y -q "$1" >"$root$state/apt.log" 2>&1 </dev/null
}

undo_home() { # undo_home HOME: only what was made then; a database that has grown since keeps the folder
  on_disk || return
  for each in config.xml config.xml.v0 key.pem cert.pem https-key.pem https-cert.pem; do rm -f "$root$1/$each" || return; done
}

undo_swap_file() { # undo_swap_file PATH BYTES-BEFORE
  on_disk || return
  rm -f "$root$1.pimesh-new"
  if [ "$2" = 0 ] && [ ! -e "$root$1" ]; then return; fi
  if disk_swaps; then swapoff "$root$1" || return; fi
  if [ "$2" = 0 ]; then rm -f "$root$1"; else make_swap_file "$1" "$2"; fi
}

# rollback: the newest run that is not undone yet
rollback() {
  trap '' HUP PIPE INT TERM
  [ -d "$root$state/runs" ] || refuse E-NOTHING-TO-ROLL-BACK "nothing was ever applied"
  take_lock
  run=$(runs open 'done' | tail -n 1)
  [ -n "$run" ] || refuse E-NOTHING-TO-ROLL-BACK "nothing is left to undo"
  [ "$run" = "$1" ] || refuse E-CHANGED-MEANWHILE "another run ($run) has come in between"
  folder=$root$state/runs/$run
  mount=$(sed -n 1p "$folder/place")
  uuid=$(sed -n 2p "$folder/place")
  if touches_disk && ! on_disk; then
    refuse E-DISK-NOT-MOUNTED "the disk is not mounted at $mount, and part of what is to be undone lies on it"
  fi
  if undo_run; then say undone "$run"; else
    say undo-failed "$run"
    exit 11
  fi
}

# touches_disk: some step of the run has changed something on the disk
touches_disk() {
  while IFS=$tab read -r _ verb first rest; do
    case $verb:$first in
    put:"$mount"/* | folder:"$mount"/* | swapfile:* | swapgone:* | indexed:absent | generated:*) return ;;
    esac
  done <"$folder/journal"
  return 1
}
