# What this node can walk a tree with: one line of NAME=VALUE. Each is tried, because versions do not tell what a
# busybox was built with.
find=absent
if [ -n "$(find / -maxdepth 0 -printf x 2>/dev/null)" ]; then
  find=gnu
elif [ -n "$(find / -maxdepth 0 -print0 2>/dev/null | xargs -0 -n 200 stat -c %f 2>/dev/null)" ]; then
  find=busybox
fi
python=no
if python3 -IS -c 'import sys; sys.exit(sys.version_info < (3, 5))' >/dev/null 2>&1 </dev/null; then
  python=yes
fi
sort_z=no
if [ "$(printf 'f 0 0/b\000f 1 1/a\000' | sort -z -t / -k 2 2>/dev/null | tr '\000' ' ')" = 'f 1 1/a f 0 0/b ' ]; then
  sort_z=yes
fi
gzip=no
if command -v gzip >/dev/null 2>&1; then gzip=yes; fi
echo "find=$find python=$python sort_z=$sort_z gzip=$gzip"
