# shellcheck shell=sh
# shellcheck disable=SC2154  # root, state, nonce, mount and uuid are the caller's
# shellcheck disable=SC2015  # A && B || fail: fail is right whichever of the two went wrong
# shellcheck disable=SC2016  # the scripts of `covered` are expanded by the shell that runs them
# What `pimesh provision` runs on a node, as root: a library of steps, prepended to the list of calls that a plan is made of.
#
# Every step is read-compare-write and leaves a line in the journal before it changes anything, so that a run that was cut
# off is finished by the next one, and any run can be undone, last step first. The journal of a run is the folder
# $state/runs/<id>: `journal` (one step a line: number, verb, then the verb's own words, tab-separated),
# `backup/<number>` (the replaced file), `place` (mount point, UUID), `state` (open, done, undone). One folder per run; the newest is the last in name order.
#
# Set by the caller before anything here is called: root, state, nonce, mount, uuid.
# The caller's words to the laptop go out as lines "<nonce> <what> ...".

say() { # a line for the laptop; it may be gone, and then the work goes on
  printf '%s %s\n' "$nonce" "$*" 2>/dev/null || :
}

# --- the run -------------------------------------------------------------------------------------------------------

begin() { # begin RUN WHO: takes the lock and opens the journal, or goes on with the one that a cut-off run has left
  trap '' HUP PIPE INT TERM # a cut line must not leave half a step: the node finishes what it was told
  mkdir -p "$root$state/runs" && chmod 700 "$root$state" || refuse E-APPLY-FAILED "cannot make $state"
  exec 9>>"$root$state/lock" || refuse E-APPLY-FAILED "cannot open $state/lock"
  flock -n 9 || refuse E-LOCKED "$(tail -n 1 "$root$state/lock")"
  printf '%s\n' "$2" >"$root$state/lock"
  run=$(open_run)
  if [ -n "$run" ]; then
    say resumed "$run"
  else
    run=$1
    mkdir -p "$root$state/runs/$run/backup" || refuse E-APPLY-FAILED "cannot make $state/runs/$run"
    : >"$root$state/runs/$run/journal"
    printf '%s\n%s\n' "$mount" "$uuid" >"$root$state/runs/$run/place"
    mark_run open
  fi
  folder=$root$state/runs/$run
  number=$(($(grep -c '' "$folder/journal" || :) + 0))
}

open_run() {
  runs open | tail -n 1
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
  printf '%s\n' "$1" >"$root$state/runs/$run/state.new"
  flush "$root$state/runs/$run/state.new"
  mv "$root$state/runs/$run/state.new" "$root$state/runs/$run/state"
}

commit() { # the run is complete; the ten newest are kept
  mark_run 'done'
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
  if undo_run; then say undone; else say "undo-failed"; fi
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
  printf '%s\n' "$line" >>"$folder/journal"
  flush "$folder/journal"
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
  needs_disk "$1"
  target=$root$1
  if [ -L "$target" ]; then target=$(readlink -f "$target"); fi
  check_sum "$target"
  case $sum in
  "$4" | "$5") ;; # the latter: a cut-off run has written it already
  *) fail E-CHANGED-MEANWHILE "$1 was changed by somebody else since it was planned" ;;
  esac
  keep "$1" "$target"
  fresh=$target.pimesh-new
  rm -f "$fresh"
  (umask 077 && printf %s "$6" >"$fresh") && chmod "$2" "$fresh" && give "$3" "$fresh" && flush "$fresh" &&
    mv "$fresh" "$target" || {
    rm -f "$fresh"
    fail E-APPLY-FAILED "cannot write $1"
  }
}

# remove PATH BEFORE: the file is gone; BEFORE as for `put`
remove() {
  needs_disk "$1"
  if [ ! -e "$root$1" ]; then return; fi
  check_sum "$root$1"
  [ "$sum" = "$2" ] || fail E-CHANGED-MEANWHILE "$1 was changed by somebody else since it was planned"
  keep "$1" "$root$1"
  rm -f "$root$1" || fail E-APPLY-FAILED "cannot remove $1"
}

# keep PATH TARGET: a copy of what stands there goes to the run's folder, and the journal says so
keep() {
  if [ -e "$2" ]; then
    cp -p "$2" "$folder/backup/$((number + 1))" || fail E-APPLY-FAILED "cannot keep a copy of $1"
    flush "$folder/backup/$((number + 1))"
    note put "$1" kept
  else
    note put "$1" absent
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
  note immutable
  covered 'chattr +i "$bare" 2>/dev/null || { chown 0:0 "$bare" && chmod 0 "$bare"; }' ||
    fail E-APPLY-FAILED "cannot protect the bare directory $mount"
}

# move_hidden: what lies under the mount point on the SD card goes aside, by renaming alone; never deleted
move_hidden() {
  note moved
  export run
  covered '
    chattr -i "$bare" 2>/dev/null
    aside=$(dirname "$bare")/pimesh-hidden-$run
    mkdir -p "$aside" || exit
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
  note unmounted "$1" "${device#"$root"}"
  umount "$root$1" || fail E-APPLY-FAILED "cannot unmount $1: something uses it (ssh to it and ask: fuser -vm $1)"
}

# reload: systemd and udev read their files again
reload() {
  note reload
  reload_managers || fail E-APPLY-FAILED "systemd or udev would not read the new files"
}

reload_managers() {
  systemctl daemon-reload && udevadm control --reload
}

# mount_disk UNIT: mounted now, by our unit, and it is the right one
mount_disk() {
  if ! on_disk; then
    note mounted "$1"
    systemctl reset-failed "$1" 2>/dev/null || :
    reason=$(systemctl start "$1" 2>&1) || :
    on_disk || fail E-DISK-NOT-MOUNTED "still not mounted at $mount after the mount step: $(printf %s "$reason" | head -n 1)"
  fi
  case ,$options, in
  *,ro,*) fail E-DISK-READ-ONLY "mounted read-only at $mount" ;;
  esac
}

# enable_unit UNIT, start_unit UNIT: unless it is so already
enable_unit() {
  if systemctl is-enabled "$1" >/dev/null 2>&1; then return; fi
  note enabled "$1"
  reason=$(systemctl enable "$1" 2>&1) || fail E-APPLY-FAILED "cannot enable $1: $(printf %s "$reason" | head -n 1)"
}

start_unit() {
  if systemctl is-active "$1" >/dev/null 2>&1; then return; fi
  note started "$1"
  # Its answer is not what counts: starting the swap's unit re-executes PID 1, which resets the connection of whoever waits
  reason=$(systemctl start "$1" 2>&1) || settled "$1" ||
    fail E-APPLY-FAILED "cannot start $1: $(printf %s "$reason" | head -n 1)"
}

# settled UNIT: it gets active within three minutes; a failure is believed at once
settled() {
  seconds=180
  while [ "$seconds" -gt 0 ]; do
    case $(systemctl is-active "$1" 2>/dev/null) in
    active) return ;;
    failed | inactive) return 1 ;;
    esac
    seconds=$((seconds - 1))
    sleep 1
  done
  return 1
}

# stop_unit UNIT
stop_unit() {
  note stopped "$1"
  reason=$(systemctl stop "$1" 2>&1) || fail E-APPLY-FAILED "cannot stop $1: $(printf %s "$reason" | head -n 1)"
}

# kernel_value NAME VALUE: a value below /proc/sys/kernel, now; the file in sysctl.d keeps it over a boot
kernel_value() {
  was=$(cat "$root/proc/sys/kernel/$1" 2>/dev/null) || return 0
  if [ "$was" = "$2" ]; then return; fi
  note kernel "$1" "$was"
  printf '%s\n' "$2" >"$root/proc/sys/kernel/$1" || fail E-APPLY-FAILED "cannot set kernel.$1"
}

# swap_file PATH BYTES: complete, 0600, without holes and with this kernel's header before it gets its name
swap_file() {
  needs_disk "$1"
  was=0
  if [ -e "$root$1" ]; then
    was=$(wc -c <"$root$1")
    if swap_is_on "$1"; then swapoff "$root$1" || fail E-APPLY-FAILED "$1 is in use and cannot be taken out now"; fi
  fi
  note swapfile "$1" "$was"
  make_swap_file "$1" "$2" || fail E-APPLY-FAILED "cannot make the swap file $1"
}

swap_is_on() {
  awk -v path="$1" 'NR > 1 && $1 == path { on = 1 } END { exit !on }' "$root/proc/swaps"
}

make_swap_file() {
  fresh=$root$1.pimesh-new
  rm -f "$fresh"
  (umask 077 && : >"$fresh") || return
  fallocate -l "$2" "$fresh" 2>/dev/null ||
    dd if=/dev/zero of="$fresh" bs=1048576 count=$((($2 + 1048575) / 1048576)) 2>/dev/null || {
    rm -f "$fresh"
    return 1
  }
  chmod 600 "$fresh" && mkswap "$fresh" >/dev/null 2>&1 && flush "$fresh" && mv "$fresh" "$root$1" || {
    rm -f "$fresh"
    return 1
  }
}

# --- undoing -------------------------------------------------------------------------------------------------------

# undo_run: every step of the run, last first. What cannot be undone is said and the rest goes on
undo_run() {
  trouble=
  count=$(grep -c '' "$folder/journal" || :)
  while [ "$count" -gt 0 ]; do
    line=$(sed -n "${count}p" "$folder/journal")
    count=$((count - 1))
    undo_line "$line" || {
      trouble=yes
      say trouble "$(printf %s "$line" | tr '\t' ' ')"
    }
  done
  reload_managers || trouble=yes
  if [ -n "$trouble" ]; then return 1; fi
  mark_run undone
}

undo_line() {
  IFS=$tab read -r step verb first second <<line
$1
line
  case $verb in
  put) undo_put "$step" "$first" "$second" ;;
  folder) undo_folder "$first" ;;
  immutable) covered 'chattr -i "$bare" 2>/dev/null || chmod 755 "$bare"' ;;
  moved) undo_move ;;
  unmounted) undo_unmount "$first" "$second" ;;
  reload) : ;;
  mounted) undo_mount "$first" ;;
  enabled) systemctl disable "$first" >/dev/null 2>&1 ;;
  started) systemctl stop "$first" ;;
  stopped) systemctl start "$first" ;;
  kernel) printf '%s\n' "$second" >"$root/proc/sys/kernel/$first" ;;
  swapfile) undo_swap_file "$first" "$second" ;;
  *) return 1 ;;
  esac
}

undo_mount() { # undo_mount UNIT
  mounted_at "$mount"
  if [ -n "$device" ]; then systemctl stop "$1"; fi
}

undo_unmount() { # undo_unmount PATH DEVICE: back to where somebody else had it
  mounted_at "$1"
  if [ -n "$device" ]; then return; fi
  mkdir -p "$root$1" && mount "$2" "$root$1"
}

undo_put() { # undo_put STEP PATH kept|absent; what stands there now is kept beside the backup
  case $2 in
  "$mount"/*) on_disk || return ;;
  esac
  target=$root$2
  if [ -L "$target" ]; then target=$(readlink -f "$target"); fi
  if [ -e "$target" ]; then cp -p "$target" "$folder/backup/$1.undone" || return; fi
  rm -f "$target.pimesh-new"
  case $3 in
  absent) rm -f "$target" ;;
  kept)
    cp -p "$folder/backup/$1" "$target.pimesh-new" && flush "$target.pimesh-new" && mv "$target.pimesh-new" "$target"
    ;;
  esac
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

undo_move() {
  export run
  covered '
    aside=$(dirname "$bare")/pimesh-hidden-$run
    [ -d "$aside" ] || exit 0
    for each in "$aside"/* "$aside"/.[!.]* "$aside"/..?*; do
      if [ ! -e "$each" ] && [ ! -L "$each" ]; then continue; fi
      mv "$each" "$bare/" || exit
    done
    rmdir "$aside"
  '
}

undo_swap_file() { # undo_swap_file PATH BYTES-BEFORE
  on_disk || return
  rm -f "$root$1.pimesh-new"
  if [ ! -e "$root$1" ]; then return; fi
  if swap_is_on "$1"; then swapoff "$root$1" || return; fi
  if [ "$2" = 0 ]; then rm -f "$root$1"; else make_swap_file "$1" "$2"; fi
}

# rollback: the newest run that is not undone yet
rollback() {
  trap '' HUP PIPE INT TERM
  exec 9>>"$root$state/lock" || refuse E-NOTHING-TO-ROLL-BACK "nothing was ever applied"
  flock -n 9 || refuse E-LOCKED "$(tail -n 1 "$root$state/lock")"
  run=$(runs open 'done' | tail -n 1)
  [ -n "$run" ] || refuse E-NOTHING-TO-ROLL-BACK "nothing is left to undo"
  [ "$run" = "$1" ] || refuse E-CHANGED-MEANWHILE "another run ($run) has come in between"
  folder=$root$state/runs/$run
  mount=$(sed -n 1p "$folder/place")
  uuid=$(sed -n 2p "$folder/place")
  if undo_run; then say undone "$run"; else
    say undo-failed "$run"
    exit 11
  fi
}
