# shellcheck shell=sh
# shellcheck disable=SC2154  # root is the caller's
# shellcheck disable=SC2034  # reason is for the caller
# What the steps of `pimesh provision` ask of systemd. sysvinit.sh beside this file has the same functions; apply.sh and
# inspect.sh call nothing else of an init system. What can go wrong leaves one line of why in $reason.

# manager_reload: units and udev rules are read again
manager_reload() {
  systemctl daemon-reload && udevadm control --reload
}

# mount_now UNIT: asks for the data disk's mount; whether it is there then, the caller looks for itself
mount_now() {
  systemctl reset-failed "$1" 2>/dev/null || :
  reason=$(systemctl start "$1" 2>&1) || :
}

unmount_now() { # unmount_now UNIT
  systemctl stop "$1"
}

service_is_enabled() {
  systemctl is-enabled "$1" >/dev/null 2>&1
}

service_enable() {
  reason=$(systemctl enable "$1" 2>&1)
}

service_disable() {
  reason=$(systemctl disable "$1" 2>&1)
}

# services_remember FOLDER, services_restore FOLDER: before a change of what is enabled, and after it is undone. Links are all there
# is to it
services_remember() { :; }

services_restore() { :; }

service_is_active() {
  systemctl is-active "$1" >/dev/null 2>&1
}

# service_start UNIT, service_restart UNIT: the answer is not what counts: starting the swap's unit re-executes PID 1, which
# resets the connection of whoever waits
service_start() {
  reason=$(systemctl start "$1" 2>&1) || settled "$1"
}

service_restart() {
  reason=$(systemctl restart "$1" 2>&1) || settled "$1"
}

# settled UNIT: it gets active within three minutes; a failure is believed at once
settled() {
  seconds=180
  while [ "$seconds" -gt 0 ]; do
    case $(systemctl is-active "$1" 2>/dev/null) in
    active) return ;;
    failed) return 1 ;;
    inactive) # or its start still waits for another unit's: seen for the swap, behind the re-exec that cut us off
      if jobs=$(systemctl list-jobs --no-legend "$1" 2>/dev/null) && [ -z "$jobs" ]; then
        systemctl is-active "$1" >/dev/null 2>&1
        return
      fi
      ;;
    esac
    seconds=$((seconds - 1))
    sleep 1
  done
  return 1
}

service_stop() {
  reason=$(systemctl stop "$1" 2>&1)
}

# index_start: its count is not waited for
index_start() {
  reason=$(systemctl start --no-block pimesh-index.service 2>&1)
}

index_stop() {
  systemctl stop pimesh-index.service 2>/dev/null || ! systemctl is-active pimesh-index.service >/dev/null 2>&1
}

# services_enabled UNIT..., services_active UNIT...: one word for each, a line each, in order (systemctl(1))
services_enabled() {
  systemctl is-enabled "$@" 2>/dev/null
}

services_active() {
  systemctl is-active "$@" 2>/dev/null
}
