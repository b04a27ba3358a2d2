# What a node's btsync or Resilio leaves behind: its configuration, its pid file, the last words of its log that mean something, and
# its marks in the tree. Runs in dash and busybox ash.
#
# Given: nonce   begins each section
#        tree    absolute path of the synced folder
#        names   what its processes are called, as in /proc/PID/comm, | between
#        places  where its configuration may lie, from the root of the node, blanks between; * is any name
#
# Says sections, each a line `NONCE NAME` and what belongs to it: one of none, gone, closed and config with the path of the
# configuration; text, that file; places, where its database lies; pid; log; marks; at the very end, end.

# shellcheck disable=SC2154 # the values above are set by whoever sends this

say() { printf '\n%s %s\n' "$nonce" "$1"; }

is_ours() { grep -qsF "\"$tree" "$root$1"; }

is_closed() { [ -d "$1" ] && [ ! -x "$1" ]; }

# The file that the running process was told, else one that lies where provision or a package puts it; of several that with our tree.
find_config() {
  config=
  pids=
  cd "$root/proc" || return
  # shellcheck disable=SC2013 # names without blanks
  for comm in $(grep -slxE "$names" [0-9]*/comm); do
    pid=${comm%/comm}
    pids="$pids $pid"
    told=$(tr '\0' '\n' 2>/dev/null <"$pid/cmdline" | sed -n -e '/^--config$/{n;p;q;}' -e 's/^--config=//p')
    told=${told#"$root"}
    case $told in
    /*) if [ -z "$config" ] || is_ours "$told"; then config=$told; fi ;;
    *) ;;
    esac
  done
  if [ -n "$config" ]; then return; fi
  cd "$root/" || return
  for place in $places; do
    if [ ! -e "$place" ] && ! is_closed "${place%/*}"; then continue; fi
    if [ -z "$config" ] || is_ours "/$place"; then config=/$place; fi
  done
}

# value KEY: a string of the configuration, which is JSON as people write it
value() {
  sed '/^[[:space:]]*\/\//d' "$root$config" |
    sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" | head -n 1
}

# right, other, none or unknown; and when the file was written, which is when the engine was started, by the node's own time of day
tell_pid() {
  say pid
  if [ -r "$root$pid_file" ]; then
    # It may lack its newline
    pid=$(head -n 1 "$root$pid_file")
    case "$pids " in
    *" $pid "*) echo right ;;
    # Nothing runs, or others' processes are hidden from us
    ' ') echo unknown ;;
    *) echo other ;;
    esac
    date -r "$root$pid_file" '+%Y%m%d %H:%M:%S'
  elif [ -e "$root$pid_file" ] || is_closed "$root${pid_file%/*}"; then
    echo unknown
  else
    echo none
  fi
}

# When it last wrote to its log, in seconds since the epoch; the last lines about a folder's identity; the last one about an error, but
# for those of the network, which are of every day. The log may be large, and the line thin.
tell_log() {
  log=$root$storage/sync.log
  if [ ! -r "$log" ]; then return; fi
  say log
  date -r "$log" +%s
  last=$(tail -n 400 "$log" | tr -d '\000' | grep -aiE 'mutex|error|fail' | cut -c 1-240)
  printf '%s\n' "$last" | grep -ai 'mutex' | tail -n 3 | sed 's/^/identity /'
  printf '%s\n' "$last" |
    grep -aiE 'error|fail' |
    grep -aiEv 'mutex|tracker|relay|peer|connect|socket|time.?out|upnp|nat-?pmp|port ?map|stun|ssl|tls|dns|resolv|network|http|update' |
    tail -n 1 | sed 's/^/error /'
}

tell_marks() {
  say marks
  if ! cd "$root$tree" 2>/dev/null || is_closed .sync; then
    echo closed
    return
  fi
  for mark in .SyncID .sync/ID; do
    if [ -f "$mark" ] && [ -s "$mark" ]; then echo "$mark"; fi
  done
}

find_config
if [ -z "$config" ]; then
  say none
elif [ ! -e "$root$config" ] && ! is_closed "$root${config%/*}"; then
  say gone
  echo "$config"
elif [ ! -r "$root$config" ]; then
  say closed
  echo "$config"
else
  say config
  echo "$config"
  say text
  # The key of a folder never leaves the node
  head -c 65536 "$root$config" | sed -e 's/\(secret"[[:space:]]*:[[:space:]]*"\)[^"]*/\1***/g' -e 's/\(api_key"[[:space:]]*:[[:space:]]*"\)[^"]*/\1***/g'
  storage=$(value storage_path)
  storage=${storage%/}
  pid_file=$(value pid_file)
  case $pid_file in
  /*) ;;
  *) pid_file=$storage/sync.pid ;;
  esac
  say places
  echo "$storage"
  case $storage in
  /*)
    tell_pid
    tell_log
    ;;
  *) ;;
  esac
  tell_marks
fi
say end
