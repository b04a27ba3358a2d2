# Opens the index of a tree, to be read in place of the tree. Runs in dash and busybox ash, behind tree.sh.
#
# Given: what tree.sh asks for
#        index  path of the index

# shellcheck disable=SC2154 # the values above are set by whoever sends this

# Says how late it is and which disk is mounted, as `SECONDS UUID`, the UUID empty where it cannot be told; or no-index or
# closed; ended by a NUL. Leaves the index open as descriptor 3.
open_index() {
  if ! [ -f "$root$index" ]; then
    printf 'no-index\0'
    return 1
  fi
  if ! [ -r "$root$index" ]; then
    printf 'closed\0'
    return 1
  fi
  exec 3<"$root$index"
  printf '%s %s\0' "$(date +%s)" "$(mounted_uuid)"
}

mounted_uuid() {
  device=$(readlink -f "$root${before%% *}")
  for link in "$root"/dev/disk/by-uuid/*; do
    if [ "$(readlink -f "$link")" = "$device" ]; then
      echo "${link##*/}"
      return
    fi
  done
}
