# What each path of "$@" is, for a find that cannot tell: records KIND SIZE MTIME/PATH[\1TARGET]\0 when called as
# `list`, lines KIND SIZE MTIME when called as `count`.
#
# One `stat` for all; when one of them fails the answers no longer line up, and each is asked alone.
describe() {
  case $1 in
    8???) kind=f ;;
    4???) kind=d ;;
    a???) kind=l ;;
    *) kind=s ;;
  esac
  if [ "$kind" = d ]; then
    if ! { [ -r "$4" ] && [ -x "$4" ]; }; then
      # Gone is not unreadable.
      [ -e "$4" ] || return 0
      if ! { [ -r "$4" ] && [ -x "$4" ]; }; then kind=u; fi
    fi
  else
    case ${4##*/} in
      .syncthing.* | '~syncthing~'* | *.![sS][yY][nN][cC] | *.[sS][yY][nN][cC][pP][aA][rR][tT] | *.[sS][yY][nN][cC][tT][eE][mM][pP])
        # What is in flight but no regular file goes unmentioned, like any artefact.
        [ "$kind" = f ] || return 0
        kind=i
        ;;
    esac
  fi
  if [ "$mode" = count ]; then
    printf '%s %s %s\n' "$kind" "$2" "$3"
    return
  fi
  path=${4#./}
  case $kind in
    l)
      # The dot keeps newlines at the end of a target.
      target=$(readlink -n "$4" && echo .) || return 0
      printf 'l %s %s/%s\1%s\0' "$2" "$3" "$path" "${target%.}"
      ;;
    u) printf 'u 0 0 EACCES/%s\0' "$path" ;;
    *) printf '%s %s %s/%s\0' "$kind" "$2" "$3" "$path" ;;
  esac
}

mode=$0
if found=$(stat -c '%f %s %Y' "$@" 2>/dev/null); then
  # By words, not by `read`, which takes a system call for each byte.
  step=mode
  for word in $found; do
    case $step in
      mode) raw=$word step=size ;;
      size) size=$word step=time ;;
      *)
        describe "$raw" "$size" "$word" "$1"
        shift
        step=mode
        ;;
    esac
  done
else
  for one; do
    if found=$(stat -c '%f %s %Y' "$one"); then
      # shellcheck disable=SC2086 # three words
      set -- $found
      describe "$1" "$2" "$3" "$one"
    fi
  done
fi
exit 0
