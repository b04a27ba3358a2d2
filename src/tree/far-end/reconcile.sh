# Starts the far end of a reconciliation, which speaks its frames on stdin and stdout. Runs in dash and busybox ash, behind tree.sh.
#
# Given: what tree.sh asks for
#        bootstrap  for python3 -c; it takes the program off stdin, unless the node keeps it
#        kept       where that may be: paths, with blanks between
#        also       what has to succeed behind enter_tree: true, or open_index of index.sh
#
# Says first what tree.sh says, or no-python, then the bootstrap its first word; and at the end, on stderr, whether the disk was there all
# the time.

# shellcheck disable=SC2154 # the values above are set by whoever sends this

if ! command -v python3 >/dev/null; then
  printf 'no-python\0'
elif enter_tree && $also; then
  be_gentle
  set --
  for path in $kept; do set -- "$@" "$root$path"; done
  # -I: else it would take a json.py of the tree, which any peer can put there, for its own
  $gentle python3 -IS -c "$bootstrap" "$@"
  code=$?
  if [ "$(mounted)" = "$before" ]; then echo mounted >&2; else echo lost >&2; fi
  exit "$code"
fi
