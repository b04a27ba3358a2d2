# shellcheck shell=sh
# shellcheck disable=SC2154  # sim, mounts and tab are state.sh's
# How a mount is played with folders. Sourced by mount, umount and what plugs and pulls.
#
# A disk's files are MOVED to the mount point and what lay there is moved aside, so files are really there or not, and
# what is hidden under a mount is really hidden. $sim/mounts has a line for each mount: number, kind, disk, target.
# Kinds: `disk` (the files themselves), `copy` (second place of a disk, or a bind mount: hard links made at mount time,
# so a name added on one side does not show on the other), `empty` (tmpfs).

# move FROM TO: a rename; without root it needs write permission on the folder itself
move() {
  mv "$1" "$2" 2>/dev/null && return
  mode=$(stat -c %a "$1") && chmod u+rwx "$1" && mv "$1" "$2" && chmod "$mode" "$2"
}

# attach KIND DISK TARGET SOURCE FSTYPE OPTIONS: makes the mount; SOURCE is what /proc/mounts shows
attach() {
  number=$(($(cat "$sim/last-mount" 2>/dev/null || echo 0) + 1))
  printf '%s\n' "$number" >"$sim/last-mount"
  place=$PIMESH_ROOT$3
  move "$place" "$sim/covered/$number" || return
  case $1 in
  disk) move "$sim/disks/$2/files" "$place" || return ;;
  *) mkdir "$place" || return ;;
  esac
  printf '%s\t%s\t%s\t%s\n' "$number" "$1" "$2" "$3" >>"$sim/mounts"
  printf '%s %s %s %s 0 0\n' "$4" "$(in_octal "$3")" "$5" "$6" >>"$mounts"
}

# detach TARGET: undoes the newest mount there
detach() {
  line=$(target=$1 awk -F '\t' '$4 == ENVIRON["target"] { line = $0 } END { print line }' "$sim/mounts")
  [ -n "$line" ] || return
  number=${line%%"$tab"*}
  kind=$(printf '%s\n' "$line" | cut -f 2)
  disk=$(printf '%s\n' "$line" | cut -f 3)
  place=$PIMESH_ROOT$1
  case $kind in
  disk) move "$place" "$sim/disks/$disk/files" || return ;;
  *)
    give_back "$number" "$place"
    remove_tree "$place"
    ;;
  esac
  move "$sim/covered/$number" "$place" || return
  without_lines "$sim/mounts" "$(number=$number awk -F '\t' '$1 == ENVIRON["number"] { print NR }' "$sim/mounts")"
  without_lines "$mounts" "$(want=$(in_octal "$1") awk '$2 == ENVIRON["want"] { last = NR } END { print last }' "$mounts")"
}

# without_lines FILE LINE-NUMBER: in place, so that a link to the file keeps its target
without_lines() {
  rest=$(sed "${2}d" "$1")
  if [ -n "$rest" ]; then printf '%s\n' "$rest" >"$1"; else : >"$1"; fi
}

remove_tree() {
  rm -rf "$1" 2>/dev/null || {
    chmod -R u+rwx "$1"
    rm -rf "$1"
  }
}

# mounts_below FOLDER: the targets strictly below it, newest first
mounts_below() {
  prefix=${1%/}/ awk -F '\t' 'index($4, ENVIRON["prefix"]) == 1 && $4 != ENVIRON["prefix"] { line[++count] = $4 }
    END { while (count) print line[count--] }' "$sim/mounts"
}

# fill_bind NUMBER FROM TO: what a bind mount (not a recursive one) of FROM shows at TO: FROM's own file system, so where
# something is mounted below FROM it shows the covered folder itself (moved there until the mount ends)
fill_bind() {
  if [ -z "$(mounts_below "$2")" ] && [ "$2" != / ]; then
    cp -al "$PIMESH_ROOT$2/." "$PIMESH_ROOT$3/" 2>/dev/null || cp -a "$PIMESH_ROOT$2/." "$PIMESH_ROOT$3/"
    return
  fi
  for child in "$PIMESH_ROOT${2%/}"/* "$PIMESH_ROOT${2%/}"/.[!.]*; do
    if [ ! -e "$child" ] && [ ! -L "$child" ]; then continue; fi
    child=${child#"$PIMESH_ROOT"}
    fill_child "$1" "$child" "$3/${child##*/}"
  done
}

fill_child() { # fill_child NUMBER FROM TO
  case $2 in
  /.sim) return ;;
  esac
  covering=$(target=$2 awk -F '\t' '$4 == ENVIRON["target"] { print $1; exit }' "$sim/mounts")
  if [ -n "$covering" ] && [ "$covering" != "$1" ]; then
    printf '%s\t%s\n' "$covering" "$3" >>"$sim/bound.$1"
    move "$sim/covered/$covering" "$PIMESH_ROOT$3"
  elif [ -n "$covering" ]; then
    mkdir "$PIMESH_ROOT$3"
  elif [ -n "$(mounts_below "$2")" ]; then
    mkdir "$PIMESH_ROOT$3"
    # a subshell, since this shell language has no local variables
    (fill_bind "$1" "$2" "$3")
  else
    cp -al "$PIMESH_ROOT$2" "$PIMESH_ROOT$3" 2>/dev/null || cp -a "$PIMESH_ROOT$2" "$PIMESH_ROOT$3"
  fi
}

# give_back NUMBER: the covered folders that a bind mount shows return to where they belong
give_back() {
  [ -e "$sim/bound.$1" ] || return 0
  while IFS=$tab read -r covering where; do
    move "$PIMESH_ROOT$where" "$sim/covered/$covering"
  done <"$sim/bound.$1"
  rm -f "$sim/bound.$1"
}
