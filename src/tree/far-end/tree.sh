# The start of every look at a tree on a node. Runs in dash and busybox ash.
#
# Given: tree      its absolute path
#        mount     mount point of the disk as /proc/self/mounts spells it, or empty
#        ignore_files  the engine's, relative to the tree, blanks between; or empty

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

# Goes into the tree and says so: ok, and the ignore files one after another, each of the two ended by a NUL; or why not: not-mounted, no-tree or no-entry.
# Sets $before, to be compared with `mounted` at the end.
enter_tree() {
  before=$(mounted)
  if [ -z "$before" ]; then
    printf 'not-mounted\0'
    return 1
  fi
  if ! [ -d "$root$tree" ]; then
    printf 'no-tree\0'
    return 1
  fi
  if ! cd "$root$tree" 2>/dev/null; then
    printf 'no-entry\0'
    return 1
  fi
  printf 'ok\0'
  between=
  for file in $ignore_files; do
    if [ -f "$file" ]; then
      # The one before may lack its last newline
      if [ -n "$between" ]; then echo; fi
      tr -d '\000' <"$file"
      between=yes
    fi
  done
  printf '\0'
}

# Sets $gentle: what to put before a command, so that it has the processor and the disk only when nobody else wants them
be_gentle() {
  gentle=
  if nice -n 19 true 2>/dev/null; then gentle='nice -n 19'; fi
  if ionice -c3 true 2>/dev/null; then gentle="$gentle ionice -c3"; fi
}
