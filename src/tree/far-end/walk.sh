# Walks a tree on a node, to list it or to count it. Runs in dash and busybox ash.
#
# Given: tree      its absolute path
#        mount     mount point of the disk as /proc/self/mounts spells it, or empty
#        action    list or count
#        lister    gnu, busybox or python
#        order     what the walk's answer goes through: sort, awk or none
#        program   the awk program, for order=awk
#        describe  the shell program that looks at what busybox's find has found
#        pack      gzip or none
#        ignore_file  the engine's, relative to the tree, or empty
#        "$@"      what find is told, or python's one argument; its program stands on stdin
#
# Says, each ended by a NUL: ok, not-mounted, no-tree or no-entry; the ignore file; then the records; an empty record;
# errors and exit codes of the walk; whether the disk was there all the time; end.

# shellcheck disable=SC2154 # the values above are set by whoever sends this

# The disk's line, or nothing. An automount point of systemd is a promise, not a mount.
mounted() {
  if [ -z "$mount" ]; then
    echo any
    return
  fi
  found=
  while read -r device place type _; do
    if [ "$place" = "$mount" ] && [ "$type" != autofs ]; then
      found="$device $type"
    fi
  done <"$root"/proc/self/mounts
  echo "$found"
}

# Exit codes go where errors go.
walk() {
  gentle=
  if nice -n 19 true 2>/dev/null; then gentle='nice -n 19'; fi
  if ionice -c3 true 2>/dev/null; then gentle="$gentle ionice -c3"; fi
  case $lister in
    # -I: else it would take a json.py of the tree, which any peer can put there, for its own
    python) $gentle python3 -I - "$@" ;;
    gnu) $gentle find . "$@" </dev/null ;;
    # Not -exec … +: busybox 1.35 fills the command line beyond what the kernel takes.
    busybox)
      {
        $gentle find . "$@" </dev/null
        echo "status walk $?" >&2
      } | $gentle xargs -0 -n 200 sh -c "$describe" "$action"
      echo "status describe $?" >&2
      return
      ;;
  esac
  echo "status walk $?" >&2
}

# From the first / on, so that the path alone decides.
ordered() {
  case $order in
    sort) sort -z -t / -k 2 ;;
    awk) awk "$program" ;;
    *) cat ;;
  esac
}

answer() {
  before=$(mounted)
  if [ -z "$before" ]; then
    printf 'not-mounted\0'
    return
  fi
  if ! [ -d "$root$tree" ]; then
    printf 'no-tree\0'
    return
  fi
  if ! cd "$root$tree" 2>/dev/null; then
    printf 'no-entry\0'
    return
  fi
  printf 'ok\0'
  if [ -n "$ignore_file" ] && [ -f "$ignore_file" ]; then tr -d '\000' <"$ignore_file"; fi
  printf '\0'
  exec 4>&1
  # Nothing of the walk gets lost in the pipe: its errors and all exit codes come out on the third channel.
  notes=$({ walk "$@" 2>&3 | { ordered 2>&3 >&4; echo "status order $?" >&3; }; } 3>&1)
  printf '\0%s\0' "$notes"
  if [ "$(mounted)" = "$before" ]; then printf 'mounted\0'; else printf 'lost\0'; fi
  printf 'end\0'
}

if [ "$pack" = gzip ]; then answer "$@" | gzip -1; else answer "$@"; fi
