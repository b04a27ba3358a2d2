# shellcheck shell=sh
# shellcheck disable=SC2154  # sim, mounts and tab are state.sh's
# Units of the simulated systemd: the files that really lie in the Pi's root, read as systemd.unit(5) says. Sourced by systemctl.
# $sim/units/UNIT.loaded is what systemd has in memory until the next daemon-reload; UNIT.state is "active sub result".

# /lib is a link to /usr/lib on every system of today; /storage is LibreELEC's
unit_folders='/etc/systemd/system /storage/.config/system.d /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system'

# template_of UNIT: name@.service of name@instance.service, or nothing
template_of() {
  case $1 in
  *@.*) ;;
  *@*.*) printf '%s@.%s\n' "${1%%@*}" "${1##*.}" ;;
  *) ;;
  esac
}

# fragment UNIT: the Pi's path of its unit file, or nothing
fragment() {
  for name in "$1" $(template_of "$1"); do
    for folder in $unit_folders; do
      if [ -f "$PIMESH_ROOT$folder/$name" ] || [ -L "$PIMESH_ROOT$folder/$name" ]; then
        printf '%s\n' "$folder/$name"
        return
      fi
    done
  done
}

# drop_ins UNIT: the Pi's paths, in the order in which they count: by file name; of one name the first folder's
drop_ins() {
  for name in "$1" $(template_of "$1") "${1##*.}"; do
    for folder in $unit_folders; do
      if [ -d "$PIMESH_ROOT$folder/$name.d" ]; then find "$PIMESH_ROOT$folder/$name.d" -maxdepth 1 -name '*.conf'; fi
    done
  done | root=$PIMESH_ROOT awk -F / '!seen[$NF]++ { print $NF "\t" substr($0, length(ENVIRON["root"]) + 1) }' | sort | cut -f 2
}

# is_builtin UNIT: exists without a file
is_builtin() {
  case $1 in
  *.slice | *.scope | *.device | -.mount) true ;;
  *.mount) is_mounted "$(path_of "$1")" ;;
  *) false ;;
  esac
}

is_masked() {
  file=$(fragment "$1")
  [ -n "$file" ] && [ -L "$PIMESH_ROOT$file" ] && [ "$(readlink "$PIMESH_ROOT$file")" = /dev/null ]
}

# settings UNIT: "Section.Key=value" a line, of its file and drop-ins as they lie there now
settings() {
  file=$(fragment "$1")
  {
    if [ -n "$file" ]; then cat "$PIMESH_ROOT$file" && printf '\n'; fi
    drop_ins "$1" | while IFS= read -r each; do cat "$PIMESH_ROOT$each" && printf '\n'; done
  } 2>/dev/null | unit=$1 awk '
    BEGIN {
      unit = ENVIRON["unit"]; prefix = unit; sub(/\.[^.]*$/, "", prefix)
      if ((at = index(prefix, "@")) > 0) { instance = substr(prefix, at + 1); prefix = substr(prefix, 1, at - 1) }
    }
    /^[ \t]*[#;]/ { next }
    { line = line $0 }
    /\\$/ { sub(/\\$/, " ", line); next }
    {
      sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line)
      if (line ~ /^\[.*\]$/) section = substr(line, 2, length(line) - 2)
      else if ((at = index(line, "=")) > 1) {
        key = substr(line, 1, at - 1); value = substr(line, at + 1)
        sub(/[ \t]+$/, "", key); sub(/^[ \t]+/, "", value)
        print section "." key "=" filled(value)
      }
      line = ""
    }
    function filled(text,    result, at, letter) {
      while ((at = index(text, "%")) > 0) {
        letter = substr(text, at + 1, 1)
        result = result substr(text, 1, at - 1) (letter == "i" ? instance : letter == "n" ? unit : letter == "N" || letter == "p" ? prefix : letter == "%" ? "%" : "%" letter)
        text = substr(text, at + 2)
      }
      return result text
    }'
}

# load UNIT: what systemd knows of it is in $sim/units/UNIT.loaded; read from the files at the first use
load() {
  if [ ! -e "$sim/units/$1.loaded" ]; then
    settings "$1" >"$sim/units/.new.$$"
    mv "$sim/units/.new.$$" "$sim/units/$1.loaded"
  fi
}

# values UNIT Section.Key...: one a line; an empty assignment forgets those of its key before it
values() {
  of=$1
  shift
  load "$of"
  keys=" $* " awk '
    (at = index($0, "=")) && index(ENVIRON["keys"], " " substr($0, 1, at - 1) " ") {
      key = substr($0, 1, at - 1); value = substr($0, at + 1)
      if (value == "") { for (i = 1; i <= count; i++) if (name[i] == key) name[i] = "" }
      else { list[++count] = value; name[count] = key }
    }
    END { for (i = 1; i <= count; i++) if (name[i] != "") print list[i] }' "$sim/units/$of.loaded"
}

value() {
  values "$1" "$2" | tail -n 1
}

# needed UNIT Key...: the units that these [Unit] settings name
needed() {
  of=$1
  shift
  keys=
  for key in "$@"; do keys="$keys Unit.$key"; done
  # shellcheck disable=SC2086  # a list of keys
  values "$of" $keys | tr -s ' ' '\n'
}

# device_under UNIT: a mount needs its device without being told (systemd.mount(5))
device_under() {
  case $1 in
  *.mount)
    what=$(value "$1" Mount.What)
    case $what in
    /dev/*) printf '%s.device\n' "$(escaped "$what")" ;;
    *) ;;
    esac
    ;;
  *) ;;
  esac
}

# requires UNIT: what must be up before it: Requires=, BindsTo=, the mounts of RequiresMountsFor=
requires() {
  needed "$1" Requires Requisite BindsTo
  device_under "$1"
  needed "$1" RequiresMountsFor | while IFS= read -r path; do mount_unit_of "$path"; done
}

# dependents UNIT Key...: the loaded units that name it in one of these [Unit] settings, or need the mount that it is
dependents() {
  lost=$1
  shift
  where=
  case $lost in
  *.mount) where=$(path_of "$lost") ;;
  *) ;;
  esac
  set +f
  for each in "$sim"/units/*.state; do # what runs is known, also after a daemon-reload
    each=${each##*/}
    if [ "$each" != '*.state' ]; then load "${each%.state}"; fi
  done
  lost=$lost where=$where keys=" $* " awk '
    FNR == 1 { unit = FILENAME; sub(/.*\//, "", unit); sub(/\.loaded$/, "", unit) }
    unit != ENVIRON["lost"] && /^Unit\./ {
      at = index($0, "="); key = substr($0, 6, at - 6); count = split(substr($0, at + 1), word, " ")
      for (i = 1; i <= count; i++) {
        if (index(ENVIRON["keys"], " " key " ") && word[i] == ENVIRON["lost"]) found[unit] = 1
        if (key == "RequiresMountsFor" && ENVIRON["where"] != "" && index(word[i] "/", ENVIRON["where"] "/") == 1) found[unit] = 1
      }
    }
    END { for (unit in found) print unit }' "$sim"/units/*.loaded /dev/null
  set -f
}

# mount_unit_of PATH: the mount unit with a file whose Where holds the path
mount_unit_of() {
  at=$1
  while [ -n "$at" ]; do
    if [ -n "$(fragment "$(escaped "$at").mount")" ]; then
      printf '%s.mount\n' "$(escaped "$at")"
      return
    fi
    at=${at%/*}
  done
}

# escaped PATH: as systemd-escape --path; path_of UNIT: the way back. Plain names need no other process
escaped() {
  case $1 in
  / | '') printf '%s\n' - ;;
  *[!A-Za-z0-9:_./]* | /.*) escaped_bytes "$1" ;;
  *)
    (
      IFS=/
      # shellcheck disable=SC2086  # split at the slashes
      set -- ${1#/}
      IFS=-
      printf '%s\n' "$*"
    )
    ;;
  esac
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

path_of() {
  case ${1%.*} in
  -) printf '%s\n' / ;;
  *\\*) path_of_bytes "${1%.*}" ;;
  *)
    (
      IFS=-
      # shellcheck disable=SC2086  # split at the dashes
      set -- ${1%.*}
      IFS=/
      printf '/%s\n' "$*"
    )
    ;;
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

# state_of UNIT: "active sub result"; mounts, swap and devices are what the kernel says
state_of() {
  case $1 in
  -.mount) echo active mounted success ;;
  -.slice | system.slice | user.slice) echo active active success ;;
  init.scope) echo active running success ;;
  *.device)
    if [ -e "$PIMESH_ROOT$(path_of "$1")" ]; then echo active plugged success; else echo inactive dead success; fi
    ;;
  *.mount)
    if is_mounted "$(path_of "$1")"; then echo active mounted success; else recorded "$1"; fi
    ;;
  *.swap)
    if name=$(in_octal "$(value "$1" Swap.What)") awk 'NR > 1 && $1 == ENVIRON["name"] { found = 1 } END { exit !found }' "$PIMESH_ROOT/proc/swaps"; then
      echo active active success
    else
      recorded "$1"
    fi
    ;;
  *) recorded "$1" ;;
  esac
}

recorded() {
  if [ -e "$sim/units/$1.state" ]; then cat "$sim/units/$1.state"; else echo inactive dead success; fi
}

record() { # record UNIT ACTIVE SUB RESULT
  if [ "$2 $4" = "inactive success" ]; then
    rm -f "$sim/units/$1.state"
  else
    printf '%s %s %s\n' "$2" "$3" "$4" >"$sim/units/$1.state"
  fi
}

is_active() {
  case $(state_of "$1") in
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
  while read -r _ target _; do printf '%s.mount\n' "$(escaped "$(from_octal "$target")")"; done <"$mounts"
  while read -r area kind _; do
    if [ "$kind" = file ]; then
      for folder in $unit_folders; do
        for unit in $(names_in "$PIMESH_ROOT$folder" | grep '\.swap$'); do
          if [ "$(value "$unit" Swap.What)" = "$(from_octal "$area")" ]; then printf '%s\n' "$unit"; fi
        done
      done
    fi
  done <"$PIMESH_ROOT/proc/swaps"
}

# file_state UNIT: as `systemctl is-enabled` prints it
file_state() {
  if is_masked "$1"; then
    echo masked
  elif [ -n "$(find "$PIMESH_ROOT/etc/systemd/system" "$PIMESH_ROOT/usr/lib/systemd/system" -path "*.wants/$(quoted_glob "$1")" -o -path "*.requires/$(quoted_glob "$1")" 2>/dev/null)" ]; then
    echo enabled
  elif [ -z "$(fragment "$1")" ]; then
    return 1
  elif settings "$1" | grep -q '^Install\.\(WantedBy\|RequiredBy\|Alias\)='; then
    echo disabled
  else
    echo static
  fi
}

# a backslash is special to find -path
quoted_glob() {
  printf '%s\n' "$1" | sed 's/\\/\\\\/g'
}
