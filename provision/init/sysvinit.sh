# shellcheck shell=sh
# shellcheck disable=SC2154  # root, lib and mount are the caller's
# shellcheck disable=SC2034  # reason is for the caller
# What the steps of `pimesh provision` ask of Debian's sysvinit. systemd.sh beside this file has the same functions and the
# contract. Services are init scripts by their names below /etc/init.d; `.service` behind a name is left out. Three names stand for
# work of our own scripts, which have no daemon: `pimesh` (the mount; its init script brings everything up at boot), `pimesh-swap`
# and `pimesh-index`, which cron starts.

# manager_reload: insserv has done its part when links changed; udev reads its rules again. udev 175 (wheezy) knows only the long
# word. Plugs and pulls count as soon as our init script is there, as after a boot: it leaves the same mark
manager_reload() {
  udevadm control --reload 2>/dev/null || udevadm control --reload-rules || return
  if [ -e "$root/etc/init.d/pimesh" ]; then
    mkdir -p "$root/run/pimesh" && : >"$root/run/pimesh/watching"
  else
    rm -f "$root/run/pimesh/watching"
  fi
}

mount_now() {
  reason=$("$root$lib/pimesh-disk" mount 2>&1) || :
}

unmount_now() {
  "$root$lib/pimesh-disk" unmount >/dev/null
}

# service_is_enabled NAME: some runlevel of normal work starts it
service_is_enabled() {
  for each in "$root"/etc/rc[2345S].d/S[0-9][0-9]"${1%.service}"; do
    if [ -L "$each" ] || [ -e "$each" ]; then return; fi
  done
  return 1
}

# service_enable NAME, service_disable NAME: by update-rc.d, as startpar starts only what insserv has written down. Our own script
# comes and goes with all its links; anybody else's is switched between S and K
service_enable() {
  case $1 in
  pimesh) reason=$(update-rc.d pimesh defaults 2>&1) ;;
  *) reason=$(update-rc.d "${1%.service}" enable 2>&1) || turn_links "${1%.service}" K S ;;
  esac
}

service_disable() {
  case $1 in
  pimesh) reason=$(update-rc.d -f pimesh remove 2>&1) ;;
  *) reason=$(update-rc.d "${1%.service}" disable 2>&1) || turn_links "${1%.service}" S K ;;
  esac
}

# turn_links NAME FROM TO: what update-rc.d does, for a script without the header that it insists on
turn_links() {
  turned=1
  for each in "$root"/etc/rc[2345].d/"$2"[0-9][0-9]"$1"; do
    if [ ! -L "$each" ]; then continue; fi
    mv "$each" "${each%/*}/$3${each##*/"$2"}" || return
    turned=0
  done
  return "$turned"
}

# services_remember FOLDER, services_restore FOLDER: what insserv derives from the links, in an order of the moment. With the same
# links as before the old text is as true as a new one, and undoing leaves no difference
services_remember() {
  mkdir -p "$1" && service_links >"$1/links" || return
  for each in "$root"/etc/init.d/.depend.*; do
    if [ -e "$each" ]; then cp -p "$each" "$1/" || return; fi
  done
}

services_restore() {
  if [ ! -e "$1/links" ] || [ "$(service_links)" != "$(cat "$1/links")" ]; then return 0; fi
  for each in "$1"/.depend.*; do
    if [ -e "$each" ]; then cp -p "$each" "$root/etc/init.d/" || return; fi
  done
}

service_links() {
  (cd "$root/etc" && for each in rc[0-6S].d/*; do printf '%s\n' "$each"; done)
}

service_is_active() {
  [ "$(services_active "$1")" = active ]
}

# service_start NAME: the engine through our script, which asks the guard first. Kept waiting for swap (3) is no failure
service_start() {
  case ${1%.service} in
  pimesh) : ;;
  pimesh-swap) reason=$("$root$lib/swap" on 2>&1) ;;
  *)
    started=0
    reason=$("$root$lib/pimesh-disk" start 2>&1) || started=$?
    [ "$started" = 0 ] || [ "$started" = 3 ]
    ;;
  esac
}

service_restart() {
  service_stop "$1" && service_start "$1"
}

service_stop() {
  case ${1%.service} in
  pimesh) : ;;
  pimesh-swap) reason=$("$root$lib/swap" off 2>&1) ;;
  pimesh-index) reason=$("$root$lib/index" stop 2>&1) ;;
  *) reason=$("$root$lib/pimesh-disk" stop 2>&1) ;;
  esac
}

# index_start: by a helper of its own session, as cron would; it must not inherit the lock of provision
index_start() {
  if [ ! -x "$root$lib/index" ]; then
    reason="there is no $lib/index"
    return 1
  fi
  (cd / && setsid nice -n 19 ionice -c 3 "$root$lib/index" due </dev/null >/dev/null 2>&1 9>&- &)
}

index_stop() {
  if [ ! -x "$root$lib/index" ]; then return; fi
  "$root$lib/index" stop >/dev/null 2>&1 9>&-
}

services_enabled() {
  for name in "$@"; do
    if service_is_enabled "$name"; then
      echo enabled
    elif [ -e "$root/etc/init.d/${name%.service}" ]; then
      echo disabled
    else
      echo not-found
    fi
  done
}

# services_active NAME...: `pimesh-swap` is active too when its script has looked and found a reason to leave the swap off. The
# engine is when its processes live; of others nothing is known
services_active() {
  for name in "$@"; do
    case ${name%.service} in
    pimesh-swap)
      if [ -s "$root/run/pimesh/swap-off" ] || disk_swap_is_on; then echo active; else echo inactive; fi
      ;;
    pimesh-index) if "$root$lib/index" running 2>/dev/null; then echo active; else echo inactive; fi ;;
    *) if "$root$lib/pimesh-disk" running "${name%.service}" 2>/dev/null; then echo active; else echo inactive; fi ;;
    esac
  done
}

disk_swap_is_on() {
  while read -r area _; do
    case $area in
    "$mount"/*) return ;;
    esac
  done <"$root/proc/swaps"
  return 1
}
