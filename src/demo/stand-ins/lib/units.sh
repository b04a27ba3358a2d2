# shellcheck shell=sh
# shellcheck disable=SC2034  # what the functions answer is for systemctl
# shellcheck disable=SC2154  # sim, mounts and tab are state.sh's
# Units of the simulated systemd: the files that really lie in the Pi's root, read as systemd.unit(5) says. Sourced by systemctl.
# $sim/units/UNIT.loaded is what systemd has in memory until the next daemon-reload; UNIT.state is "active sub result".

# /lib is a link to /usr/lib on every system of today; /storage is LibreELEC's
unit_folders='/etc/systemd/system /storage/.config/system.d /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system'

# Functions named to_X leave the answer in $X, as in state.sh

# to_template UNIT: name@.service of name@instance.service, or nothing
to_template() {
  case $1 in
  *@.*) template= ;;
  *@*.*) template=${1%%@*}@.${1##*.} ;;
  *) template= ;;
  esac
}

# to_fragment UNIT: the Pi's path of its unit file, or nothing
to_fragment() {
  to_template "$1"
  for fr_name in "$1" $template; do
    for fr_folder in $unit_folders; do
      fragment=$fr_folder/$fr_name
      if [ -f "$PIMESH_ROOT$fragment" ] || [ -L "$PIMESH_ROOT$fragment" ]; then return; fi
    done
  done
  fragment=
}

# to_drop_ins UNIT: the Pi's paths, one a line, in the order in which they count: by file name; of one name the first folder's
to_drop_ins() {
  drop_ins=
  to_template "$1"
  for di_name in "$1" $template "${1##*.}"; do
    for di_folder in $unit_folders; do
      di_folder=$di_folder/$di_name.d
      if [ ! -d "$PIMESH_ROOT$di_folder" ]; then continue; fi
      set +f
      for di_file in "$PIMESH_ROOT$di_folder"/*.conf; do
        if [ -e "$di_file" ]; then drop_ins="$drop_ins${drop_ins:+
}$di_folder/${di_file##*/}"; fi
      done
      set -f
    done
  done
  case $drop_ins in
  *'
'*) drop_ins=$(printf '%s\n' "$drop_ins" | awk -F / '!seen[$NF]++ { print $NF "\t" $0 }' | sort | cut -f 2) ;;
  *) ;;
  esac
}

# is_builtin UNIT: exists without a file
is_builtin() {
  case $1 in
  *.slice | *.scope | *.device | -.mount) true ;;
  *.mount) to_path_of "$1" && is_mounted "$path_of" ;;
  *) false ;;
  esac
}

is_masked() {
  to_fragment "$1"
  [ -n "$fragment" ] && [ -L "$PIMESH_ROOT$fragment" ] && [ "$(readlink "$PIMESH_ROOT$fragment")" = /dev/null ]
}

# to_settings UNIT: "Section.Key=value" a line, of its file and drop-ins as they lie there now
to_settings() {
  settings=
  se_unit=$1
  se_prefix=${1%.*}
  se_instance=
  case $se_prefix in
  *@*)
    se_instance=${se_prefix#*@}
    se_prefix=${se_prefix%%@*}
    ;;
  *) ;;
  esac
  to_fragment "$1"
  to_drop_ins "$1"
  se_section=
  IFS='
'
  for se_file in $fragment $drop_ins; do
    if [ -f "$PIMESH_ROOT$se_file" ] && [ -r "$PIMESH_ROOT$se_file" ]; then read_settings "$PIMESH_ROOT$se_file"; fi
  done
  unset IFS
}

# read_settings FILE: with comments, continued lines and specifiers as systemd.unit(5) has them
read_settings() {
  se_line=
  while IFS= read -r se_part || [ -n "$se_part" ]; do
    trim "$se_part"
    case $trimmed in
    [#\;]*) continue ;;
    *) ;;
    esac
    case $se_part in
    *\\)
      se_line="$se_line${se_part%?} "
      continue
      ;;
    *) ;;
    esac
    trim "$se_line$se_part"
    se_line=
    case $trimmed in
    '['*']')
      se_section=${trimmed#?}
      se_section=${se_section%?}
      ;;
    ?*=*)
      se_value=${trimmed#*=}
      trim "${trimmed%%=*}"
      se_key=$trimmed
      trim "$se_value"
      case $trimmed in
      *%*) fill "$trimmed" ;;
      *) ;;
      esac
      settings="$settings$se_section.$se_key=$trimmed
"
      ;;
    *) ;;
    esac
  done <"$1"
}

# fill TEXT: the specifiers %i %n %N %p %% of $se_unit, in $trimmed; others stay as they are
fill() {
  trimmed=
  se_rest=$1
  while :; do
    case $se_rest in
    *%*) ;;
    *) break ;;
    esac
    trimmed=$trimmed${se_rest%%\%*}
    se_rest=${se_rest#*%}
    case $se_rest in
    i*) trimmed=$trimmed$se_instance ;;
    n*) trimmed=$trimmed$se_unit ;;
    [Np]*) trimmed=$trimmed$se_prefix ;;
    %*) trimmed=$trimmed% ;;
    ?*) trimmed=$trimmed%${se_rest%"${se_rest#?}"} ;;
    *) trimmed=$trimmed% ;;
    esac
    se_rest=${se_rest#?}
  done
  trimmed=$trimmed$se_rest
}

# load UNIT: what systemd knows of it is in $sim/units/UNIT.loaded, and now in $loaded; read from the files at the first use.
# The last line is a dot: others may read while it is being written
load() {
  if [ "$1" = "${loaded_unit-}" ]; then return; fi
  loaded_unit=$1
  loaded=
  if [ -r "$sim/units/$1.loaded" ]; then
    while IFS= read -r lo_line; do
      if [ "$lo_line" = . ]; then return; fi
      loaded="$loaded$lo_line
"
    done <"$sim/units/$1.loaded"
  fi
  to_settings "$1"
  loaded=$settings
  printf '%s.\n' "$loaded" >"$sim/units/$1.loaded"
}

# to_values UNIT Section.Key...: one a line; an empty assignment forgets those of its key before it
to_values() {
  load "$1"
  shift
  va_keys=" $* "
  values=
  IFS='
'
  for va_line in $loaded; do
    va_key=${va_line%%=*}
    case $va_keys in
    *" $va_key "*) ;;
    *) continue ;;
    esac
    if [ -n "${va_line#*=}" ]; then
      values="$values$va_line
"
    else
      va_kept=
      for va_old in $values; do
        if [ "${va_old%%=*}" != "$va_key" ]; then va_kept="$va_kept$va_old
"; fi
      done
      values=$va_kept
    fi
  done
  va_kept=
  for va_line in $values; do va_kept="$va_kept${va_line#*=}
"; done
  unset IFS
  values=${va_kept%
}
}

# to_value UNIT Section.Key: the last one
to_value() {
  to_values "$1" "$2"
  value=${values##*
}
}

# to_needed UNIT Key...: the units that these [Unit] settings name, with blanks or newlines between
to_needed() {
  ne_unit=$1
  shift
  ne_keys=
  for ne_key in "$@"; do ne_keys="$ne_keys Unit.$ne_key"; done
  # shellcheck disable=SC2086  # a list of keys
  to_values "$ne_unit" $ne_keys
  needed=$values
}

# to_requires UNIT: what must be up before it: Requires=, BindsTo=, the mounts of RequiresMountsFor=; and a mount needs its
# device without being told (systemd.mount(5))
to_requires() {
  to_needed "$1" RequiresMountsFor
  re_paths=$needed
  to_needed "$1" Requires Requisite BindsTo
  requires=$needed
  case $1 in
  *.mount)
    to_value "$1" Mount.What
    case $value in
    /dev/*) to_escaped "$value" && requires="$requires $escaped.device" ;;
    *) ;;
    esac
    ;;
  *) ;;
  esac
  for re_path in $re_paths; do
    to_mount_unit "$re_path"
    requires="$requires $mount_unit"
  done
}

# to_dependents UNIT Key...: the loaded units that name it in one of these [Unit] settings, or need the mount that it is
to_dependents() {
  lost=$1
  shift
  where=
  case $lost in
  *.mount) to_path_of "$lost" && where=$path_of ;;
  *) ;;
  esac
  dependents=
  # what runs is known, also after a daemon-reload
  set +f
  set -- " $* " "$sim"/units/*.state "$sim"/units/*.loaded
  set -f
  de_keys=$1
  shift
  for de_unit in "$@"; do
    if [ ! -e "$de_unit" ]; then continue; fi
    de_unit=${de_unit##*/}
    de_unit=${de_unit%.*}
    case " $dependents $lost " in
    *" $de_unit "*) ;;
    *) if depends "$de_unit"; then dependents="$dependents $de_unit"; fi ;;
    esac
  done
}

depends() { # depends UNIT: on $lost, by one of $de_keys
  load "$1"
  IFS='
'
  # shellcheck disable=SC2086  # one setting a line
  set -- $loaded
  unset IFS
  for de_line in "$@"; do
    case $de_line in
    Unit.*) ;;
    *) continue ;;
    esac
    de_key=${de_line%%=*}
    de_key=${de_key#Unit.}
    case $de_keys in
    *" $de_key "*)
      case " ${de_line#*=} " in
      *" $lost "*) return ;;
      *) ;;
      esac
      ;;
    *) ;;
    esac
    if [ "$de_key" != RequiresMountsFor ] || [ -z "$where" ]; then continue; fi
    for de_path in ${de_line#*=}; do
      case $de_path/ in
      "$where"/*) return ;;
      *) ;;
      esac
    done
  done
  return 1
}

# to_mount_unit PATH: the mount unit with a file whose Where holds the path, or nothing
to_mount_unit() {
  mu_at=$1
  while [ -n "$mu_at" ]; do
    to_escaped "$mu_at"
    to_fragment "$escaped.mount"
    if [ -n "$fragment" ]; then
      mount_unit=$escaped.mount
      return
    fi
    mu_at=${mu_at%/*}
  done
  mount_unit=
}

# to_escaped PATH: as systemd-escape --path; to_path_of UNIT: the way back. Plain names need no other process
to_escaped() {
  case $1 in
  / | '') escaped=- ;;
  *[!A-Za-z0-9:_./-]* | /.*) escaped=$(escaped_bytes "$1") ;;
  *)
    escaped=
    es_rest=$1
    while :; do
      case $es_rest in
      *-*) escaped="$escaped${es_rest%%-*}\\x2d" && es_rest=${es_rest#*-} ;;
      *) break ;;
      esac
    done
    joined / - "$escaped$es_rest"
    escaped=${joined#-}
    ;;
  esac
}

# joined FROM TO TEXT: every letter FROM is TO, in $joined
joined() {
  IFS=$1
  jo_to=$2
  # shellcheck disable=SC2086  # split at FROM
  set -- $3
  IFS=$jo_to
  joined=$*
  unset IFS
}

escaped_bytes() {
  text=${1#/} awk 'BEGIN {
    for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i
    text = ENVIRON["text"]; sub(/\/+$/, "", text)
    for (i = 1; i <= length(text); i++) {
      letter = substr(text, i, 1)
      if (letter == "/") result = result "-"
      else if (letter ~ /[A-Za-z0-9:_]/ || (letter == "." && i > 1)) result = result letter
      else result = result sprintf("\\x%02x", code[letter])
    }
    print result }'
}

to_path_of() {
  po_text=${1%.*}
  if [ "$po_text" = - ]; then
    path_of=/
    return
  fi
  joined - / "$po_text"
  path_of=/
  po_text=$joined
  while :; do
    case $po_text in
    *\\x2d*) path_of="$path_of${po_text%%\\x2d*}-" && po_text=${po_text#*\\x2d} ;;
    *) break ;;
    esac
  done
  path_of=$path_of$po_text
  case $path_of in
  *\\*) path_of=$(path_of_bytes "${1%.*}") ;;
  *) ;;
  esac
}

path_of_bytes() {
  name=$1 awk 'BEGIN {
    text = ENVIRON["name"]
    gsub(/-/, "/", text)
    while ((at = index(text, "\\x")) > 0) {
      result = result substr(text, 1, at - 1) sprintf("%c", (index("0123456789abcdef", substr(text, at + 2, 1)) - 1) * 16 + index("0123456789abcdef", substr(text, at + 3, 1)) - 1)
      text = substr(text, at + 4)
    }
    print "/" result text }'
}

# to_state UNIT: "active sub result"; mounts, swap and devices are what the kernel says
to_state() {
  case $1 in
  -.mount) state='active mounted success' ;;
  -.slice | system.slice | user.slice) state='active active success' ;;
  init.scope) state='active running success' ;;
  *.device)
    to_path_of "$1"
    if [ -e "$PIMESH_ROOT$path_of" ]; then state='active plugged success'; else state='inactive dead success'; fi
    ;;
  *.mount)
    to_path_of "$1"
    if is_mounted "$path_of"; then state='active mounted success'; else to_recorded "$1"; fi
    ;;
  *.swap)
    to_value "$1" Swap.What
    if is_swap "$value"; then state='active active success'; else to_recorded "$1"; fi
    ;;
  *) to_recorded "$1" ;;
  esac
}

to_recorded() {
  state='inactive dead success'
  if [ -r "$sim/units/$1.state" ]; then IFS= read -r state <"$sim/units/$1.state"; fi
}

record() { # record UNIT ACTIVE SUB RESULT
  if [ "$2 $4" != "inactive success" ]; then
    printf '%s %s %s\n' "$2" "$3" "$4" >"$sim/units/$1.state"
  elif [ -e "$sim/units/$1.state" ]; then
    rm -f "$sim/units/$1.state"
  fi
}

is_active() {
  to_state "$1"
  case $state in
  active* | reloading*) true ;;
  *) false ;;
  esac
}

# active_units: the recorded ones and those that mounts stand for
active_units() {
  for each in $(names_in "$sim/units"); do
    case $each in
    *.state) if is_active "${each%.state}"; then printf '%s\n' "${each%.state}"; fi ;;
    *) ;;
    esac
  done
  while read -r _ target _; do
    to_text "$target"
    to_escaped "$text"
    printf '%s.mount\n' "$escaped"
  done <"$mounts"
  while read -r area kind _; do
    if [ "$kind" = file ]; then
      to_text "$area"
      for folder in $unit_folders; do
        for unit in $(names_in "$PIMESH_ROOT$folder" | grep '\.swap$'); do
          to_value "$unit" Swap.What
          if [ "$value" = "$text" ]; then printf '%s\n' "$unit"; fi
        done
      done
    fi
  done <"$PIMESH_ROOT/proc/swaps"
}

# to_file_state UNIT: as `systemctl is-enabled` prints it; nothing and 1 when there is no file
to_file_state() {
  file_state=
  if is_masked "$1"; then
    file_state=masked
    return
  fi
  if is_wanted "$1"; then
    file_state=enabled
    return
  fi
  if [ -z "$fragment" ]; then return 1; fi
  to_settings "$1"
  case $settings in
  *Install.WantedBy=* | *Install.RequiredBy=* | *Install.Alias=*) file_state=disabled ;;
  *) file_state=static ;;
  esac
}

# is_wanted UNIT: a link in some folder of what a unit wants or requires
is_wanted() {
  set +f
  set -- "$PIMESH_ROOT"/etc/systemd/system/*.wants/"$1" "$PIMESH_ROOT"/etc/systemd/system/*.requires/"$1" \
    "$PIMESH_ROOT"/usr/lib/systemd/system/*.wants/"$1" "$PIMESH_ROOT"/usr/lib/systemd/system/*.requires/"$1"
  set -f
  for iw_link in "$@"; do if [ -L "$iw_link" ] || [ -e "$iw_link" ]; then return; fi; done
  return 1
}

# a backslash is special to find -path
quoted_glob() {
  printf '%s\n' "$1" | sed 's/\\/\\\\/g'
}
