#!/bin/sh
# SIMULATION of update-rc.d(8) and insserv(8): links in the runlevels by the LSB header, all with the number 01, and what insserv
# derives from them, in an order of the moment as there. Keeps [-f] NAME defaults|remove|enable|disable, and the refusals.
# shellcheck source=src/demo/stand-ins/lib/state.sh
. "$PIMESH_ROOT/.sim/lib/state.sh"

main() {
  if [ "${1-}" = -f ]; then shift; fi
  name=${1-}
  verb=${2-}
  if ! is_root; then fail "insserv: can not symlink(../init.d/$name): Permission denied"; fi
  case $verb in
  defaults)
    if [ ! -f "$PIMESH_ROOT/etc/init.d/$name" ]; then fail "initscript does not exist: /etc/init.d/$name"; fi
    for level in $(levels Start); do link "$level" S; done
    for level in $(levels Stop); do link "$level" K; done
    ;;
  remove) rm -f "$PIMESH_ROOT"/etc/rc[0-6S].d/[SK][0-9][0-9]"$name" ;;
  enable) turn K S ;;
  disable) turn S K ;;
  *) not_simulated "$*" ;;
  esac
  for each in start stop; do
    if [ "$each" = start ]; then letter=S; else letter=K; fi
    printf 'TARGETS = %s\n' "$(cd "$PIMESH_ROOT/etc" && printf '%s\n' rc[0-6].d/"$letter"[0-9][0-9]* | sed 's/.*\/...//' | sort -u | sort -R | paste -s -d ' ' -)" \
      >"$PIMESH_ROOT/etc/init.d/.depend.$each"
  done
}

fail() {
  echo "update-rc.d: error: $1" >&2
  exit 1
}

levels() { # levels Start|Stop: of the script's header
  sed -n "s/^# Default-$1:[[:space:]]*//p" "$PIMESH_ROOT/etc/init.d/$name"
}

link() { # link LEVEL LETTER: none that is there already, in either way
  for each in "$PIMESH_ROOT/etc/rc$1.d"/[SK][0-9][0-9]"$name"; do
    if [ -L "$each" ]; then return; fi
  done
  ln -s "../init.d/$name" "$PIMESH_ROOT/etc/rc$1.d/${2}01$name"
}

turn() { # turn FROM TO
  if [ -z "$(levels Start)" ]; then fail "$name Default-Start contains no runlevels, aborting."; fi
  found=
  for each in "$PIMESH_ROOT"/etc/rc[2345].d/[SK][0-9][0-9]"$name"; do
    if [ ! -L "$each" ]; then continue; fi
    found=yes
    from=${each##*/}
    case $from in
    "$1"*) mv "$each" "${each%/*}/$2${from#?}" ;;
    *) ;;
    esac
  done
  if [ -z "$found" ]; then fail "no runlevel symlinks to modify, aborting!"; fi
}

main "$@"
