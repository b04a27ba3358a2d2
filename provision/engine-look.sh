# shellcheck shell=sh
# shellcheck disable=SC2154  # root and nonce are the caller's
# What `pimesh provision` asks of an engine whose program and unit may be the user's own. inspect.sh stands before this: its
# answers, and its rule that nothing is changed.

# look_program PATH: "<ls mode> <uid> <gid> <size> <sha256>", or nothing when there is no such file. Its text stays where it is
look_program() {
  if [ ! -f "$root$1" ]; then return; fi
  describe "$root$1"
  sum=$(sha256sum <"$root$1")
  record program "$found ${sum%% *}"
}

# look_loader PATH: whether the loader that a program asks for is there
look_loader() {
  if [ -e "$root$1" ]; then record loader yes; else record loader no; fi
}

# look_unit PATH...: the first that is there, with its text, and the ids of the user that it names
look_unit() {
  for path in "$@"; do
    if [ ! -f "$root$path" ]; then continue; fi
    text=$(cat "$root$path")
    record_bytes unit "$path
$text"
    user=$(printf '%s\n' "$text" | sed -n 's/^User=//p' | tail -n 1)
    if [ -n "$user" ] && uid=$(id -u "$user" 2>/dev/null); then record user "$uid:$(id -g "$user")"; fi
    return
  done
}
