# SHA-256 of the files whose NUL-ended paths stand on stdin, gently. Runs behind tree.sh. Given: tree, mount, odd.
# Plain names: lines `HASH  ./NAME`. With odd=yes, names that sha256sum might write in a way of its own: each file is
# fed to it, one line for each, `HASH` or `-`.
# shellcheck disable=SC2154 # the values above are set by whoever sends this

if [ -z "$(mounted)" ]; then
  echo not-mounted
  exit 0
fi
cd "$root$tree" || exit 1
command -v sha256sum >/dev/null 2>&1 || exit 127
be_gentle
echo ok
if [ "$odd" = yes ]; then
  # shellcheck disable=SC2016 # for the inner shell
  $gentle xargs -0 -n 100 sh -c 'for one; do
    if hash=$(sha256sum <"$one"); then echo "${hash%% *}"; else echo -; fi
  done' sh
else
  $gentle xargs -0 -n 100 sha256sum --
fi
echo "end $?"
