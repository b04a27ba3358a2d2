# shellcheck shell=sh
# shellcheck disable=SC2154  # unit and values are systemctl's
# SIMULATION of what btsync and rslsync leave behind: nothing runs and nothing is synced. Of a process of theirs that a unit starts with
# `--config FILE` it keeps the command line, the pid file, sync.log, and the mark of each folder that is there. Sourced by systemctl.

# engine_traces appear|vanish PID
engine_traces() {
  et_proc=$PIMESH_ROOT/proc/$2
  et_config=
  to_values "$unit" Service.ExecStart
  case $values in
  *' --config '*) ;;
  *) return 0 ;;
  esac
  et_config=${values#*' --config '}
  et_config=$PIMESH_ROOT${et_config%% *}
  if [ ! -r "$et_config" ]; then return 0; fi
  et_storage=$(et_value storage_path)
  et_pid_file=$(et_value pid_file)
  et_pid_file=$PIMESH_ROOT${et_pid_file:-$et_storage/sync.pid}
  et_storage=$PIMESH_ROOT${et_storage%/}
  if [ ! -d "$et_storage" ]; then return 0; fi
  if [ "$1" = vanish ]; then
    et_note 'Shutdown. Saving config sync.dat'
    rm -f "$et_pid_file"
    return 0
  fi
  case $values in
  *[\"\'\\]*) ;;
  *) printf '%s' "$values" | tr ' ' '\0' >"$et_proc/cmdline" ;;
  esac
  if [ -d "${et_pid_file%/*}" ]; then printf '%s\n' "$2" >"$et_pid_file"; fi
  et_note "Starting: $(et_value device_name)"
  { et_value dir && echo; } | while IFS= read -r et_dir; do
    if [ -z "$et_dir" ]; then continue; fi
    et_folder=$PIMESH_ROOT${et_dir%/}
    if [ ! -d "$et_folder" ]; then
      et_note "Failed to open folder $et_dir"
      continue
    fi
    IFS= read -r et_comm <"$et_proc/comm"
    et_mark=$et_folder/.SyncID
    if [ "$et_comm" = rslsync ]; then et_mark=$et_folder/.sync/ID; fi
    if [ ! -s "$et_mark" ]; then
      mkdir -p "${et_mark%/*}"
      printf 'stand-in of the demo' >"$et_mark"
    fi
    et_note "Loaded folder $et_dir"
  done
}

et_value() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$et_config"; }

et_note() { printf '[%s.000] %s\n' "$(date '+%Y%m%d %H:%M:%S')" "$1" >>"$et_storage/sync.log"; }
