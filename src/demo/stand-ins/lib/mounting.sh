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
  to_last_mount
  number=$((last_mount + 1))
  printf '%s\n' "$number" >"$sim/last-mount"
  place=$PIMESH_ROOT$3
  move "$place" "$sim/covered/$number" || return
  case $1 in
  disk) move "$sim/disks/$2/files" "$place" || return ;;
  *) mkdir "$place" || return ;;
  esac
  printf '%s\t%s\t%s\t%s\n' "$number" "$1" "$2" "$3" >>"$sim/mounts"
  to_octal "$3"
  printf '%s %s %s %s 0 0\n' "$4" "$octal" "$5" "$6" >>"$mounts"
}

# to_last_mount: the number of the newest mount that there has been
to_last_mount() {
  last_mount=0
  if [ -r "$sim/last-mount" ]; then read -r last_mount <"$sim/last-mount"; fi
}

# detach TARGET: undoes the newest mount there
detach() {
  number=
  while IFS=$tab read -r at_number at_kind at_disk at_target; do
    if [ "$at_target" = "$1" ]; then
      number=$at_number
      kind=$at_kind
      disk=$at_disk
    fi
  done <"$sim/mounts"
  [ -n "$number" ] || return
  place=$PIMESH_ROOT$1
  case $kind in
  disk) move "$place" "$sim/disks/$disk/files" || return ;;
  *)
    give_back "$number" "$place"
    remove_tree "$place"
    ;;
  esac
  move "$sim/covered/$number" "$place" || return
  to_mount_line "$1"
  without_line "$mounts" "$mount_line"
  without_line "$sim/mounts" "$number$tab$kind$tab$disk$tab$1"
}

# without_line FILE LINE: the last one like it is taken out, in place, so that a link to the file keeps its target
without_line() {
  text=
  after=
  while IFS= read -r line; do
    if [ "$line" = "$2" ]; then
      text=$text$after
      after="$line
"
    elif [ -n "$after" ]; then
      after="$after$line
"
    else
      text="$text$line
"
    fi
  done <"$1"
  printf '%s%s' "$text" "${after#*
}" >"$1"
}

remove_tree() {
  rm -rf "$1" 2>/dev/null || {
    chmod -R u+rwx "$1"
    rm -rf "$1"
  }
}

# to_mounts_below FOLDER: the targets strictly below it, newest first, one a line
to_mounts_below() {
  mounts_below=
  while IFS=$tab read -r _ _ _ at_target; do
    case $at_target in
    "${1%/}"/?*) mounts_below="$at_target${mounts_below:+
}$mounts_below" ;;
    *) ;;
    esac
  done <"$sim/mounts"
}

# fill_bind NUMBER FROM TO: what a bind mount (not a recursive one) of FROM shows at TO: FROM's own file system, so where
# something is mounted below FROM it shows the covered folder itself (moved there until the mount ends)
fill_bind() {
  to_mounts_below "$2"
  if [ -z "$mounts_below" ] && [ "$2" != / ]; then
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
  covering=
  while IFS=$tab read -r at_number _ _ at_target; do
    if [ "$at_target" = "$2" ]; then covering=${covering:-$at_number}; fi
  done <"$sim/mounts"
  to_mounts_below "$2"
  if [ -n "$covering" ] && [ "$covering" != "$1" ]; then
    printf '%s\t%s\n' "$covering" "$3" >>"$sim/bound.$1"
    move "$sim/covered/$covering" "$PIMESH_ROOT$3"
  elif [ -n "$covering" ]; then
    mkdir "$PIMESH_ROOT$3"
  elif [ -n "$mounts_below" ]; then
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
