# Walks a tree on a node, to list it or to count it. Runs in dash and busybox ash, behind tree.sh.
#
# Given: what tree.sh asks for
#        action    list or count
#        lister    gnu, busybox or python
#        order     what the walk's answer goes through: sort, awk or none
#        program   the awk program, for order=awk
#        describe  the shell program that looks at what busybox's find has found
#        pack      gzip or none
#        "$@"      what find is told, or python's one argument; its program stands on stdin
#
# Says, each ended by a NUL: ok, not-mounted, no-tree or no-entry; the ignore file; then the records; an empty record;
# errors and exit codes of the walk; whether the disk was there all the time; end.

# shellcheck disable=SC2154 # the values above are set by whoever sends this

# Exit codes go where errors go.
walk() {
  be_gentle
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
  enter_tree || return
  exec 4>&1
  # Nothing of the walk gets lost in the pipe: its errors and all exit codes come out on the third channel.
  notes=$({ walk "$@" 2>&3 | { ordered 2>&3 >&4; echo "status order $?" >&3; }; } 3>&1)
  printf '\0%s\0' "$notes"
  if [ "$(mounted)" = "$before" ]; then printf 'mounted\0'; else printf 'lost\0'; fi
  printf 'end\0'
}

if [ "$pack" = gzip ]; then answer "$@" | gzip -1; else answer "$@"; fi
