# shellcheck shell=sh
# shellcheck disable=SC2154  # sim, tab and the answers of its functions are state.sh's
# shellcheck disable=SC2034  # what the functions answer is for those who source this
# How a disk of this Pi changes while it is plugged in. Sourced behind state.sh by what partitions, formats, plugs and pulls.

# to_records WHOLE: sets $records to the names of the plugged records of a whole disk, each behind a blank. A disk that was never
# formatted has one too, under the name that its first partition will have
to_records() {
  records=
  to_plugged
  for each_record in $plugged; do
    to_disk_value "$each_record" parent
    if [ "$disk_value" = "$1" ]; then records="$records $each_record"; fi
  done
}

# to_table WHOLE: sets $table to gpt, dos or nothing, and $ptuuid
to_table() {
  to_records "$1"
  table=
  ptuuid=
  for each_record in $records; do
    to_disk_value "$each_record" table
    case $disk_value in
    none) ;;
    *)
      table=$disk_value
      to_disk_value "$each_record" ptuuid
      ptuuid=$disk_value
      ;;
    esac
  done
}

# is_partitioned NAME: its partition is there
is_partitioned() {
  to_disk_value "$1" table
  [ "$disk_value" != none ]
}

set_value() { # set_value NAME KEY VALUE: in the disk's record
  kept=
  while IFS= read -r sv_line; do
    case $sv_line in
    "$2$tab"*) ;;
    *)
      kept="$kept$sv_line
"
      ;;
    esac
  done <"$sim/disks/$1/record"
  printf '%s%s\t%s\n' "$kept" "$2" "$3" >"$sim/disks/$1/record"
}

# show_disk NAME: the kernel and udev show it: nodes, links, /sys, /proc/partitions
show_disk() {
  to_disk_value "$1" parent
  # Plain files: a device node takes root. Nothing is ever read from them
  : >"$PIMESH_ROOT/dev/$disk_value"
  if is_partitioned "$1"; then : >"$PIMESH_ROOT/dev/$1"; fi
  cp -R "$sim/disks/$1/sys/." "$PIMESH_ROOT/sys/"
  while IFS= read -r sd_line; do printf '%s\n' "$sd_line"; done <"$sim/disks/$1/partitions" >>"$PIMESH_ROOT/proc/partitions"
  link_disk "$1"
}

# link_disk NAME: udev's links to it, as its record has them now
link_disk() {
  [ ! -d "$PIMESH_ROOT/dev/disk" ] || find "$PIMESH_ROOT/dev/disk" -type l -lname "../../$1" -exec rm -f {} +
  is_partitioned "$1" || return 0
  to_disk_value "$1" label
  to_udev_encoded "$disk_value"
  make_link "$1" by-label "$encoded"
  for each_key in uuid partuuid; do
    to_disk_value "$1" "$each_key"
    make_link "$1" "by-$each_key" "$disk_value"
  done
}

make_link() { # make_link NAME FOLDER LINK
  if [ -z "$3" ]; then return; fi
  [ -d "$PIMESH_ROOT/dev/disk/$2" ] || mkdir -p "$PIMESH_ROOT/dev/disk/$2"
  ln -sf "../../$1" "$PIMESH_ROOT/dev/disk/$2/$3"
}

# forget NAME: the opposite of show_disk; the whole disk stays while another partition of it is there
forget() {
  to_disk_value "$1" parent
  parent=$disk_value
  [ ! -d "$PIMESH_ROOT/dev/disk" ] || find "$PIMESH_ROOT/dev/disk" -type l -lname "../../$1" -exec rm -f {} +
  rm -rf "$PIMESH_ROOT/dev/${1:?}" "$PIMESH_ROOT/sys/class/block/${1:?}" "$PIMESH_ROOT/sys/block/$parent/${1:?}" "$PIMESH_ROOT/sys/fs/ext4/${1:?}"
  rest=$(disk=$1 parent=$parent awk '$4 != ENVIRON["disk"] && $4 != ENVIRON["parent"]' "$PIMESH_ROOT/proc/partitions")
  printf '%s\n' "$rest" >"$PIMESH_ROOT/proc/partitions"
}

# rewrite_table NAME: lsblk's table follows the record
rewrite_table() {
  to_disk_value "$1" fstype && rt_type=$disk_value
  to_disk_value "$1" label && rt_label=$disk_value
  to_disk_value "$1" uuid
  rt_kept=$(name=$1 awk -F '\t' '!($1 == ENVIRON["name"] && $2 ~ /^(FSTYPE|LABEL|UUID)$/)' "$sim/disks/$1/block")
  {
    printf '%s\n' "$rt_kept"
    printf '%s\tFSTYPE\t%s\n%s\tLABEL\t%s\n%s\tUUID\t%s\n' "$1" "$rt_type" "$1" "$rt_label" "$1" "$disk_value"
  } >"$sim/disks/$1/block"
}
