# Lines of KIND SIZE MTIME. Sums stay exact to 2^53: printed by %.0f, because %d
# stops at 2^31 in mawk and wraps in busybox.
{ kind = $1 }
kind == "f" {
  files++
  bytes += $2
  seconds = substr($3, 1, index($3 ".", ".") - 1) + 0
  if (files == 1 || seconds > newest) newest = seconds
  next
}
kind == "d" { folders++; next }
kind == "l" { symlinks++; next }
kind == "i" { flights++; next }
kind == "u" { unread++; next }
{ specials++ }
END {
  printf "%.0f %.0f %.0f %.0f %.0f %.0f %.0f ", files, bytes, folders, symlinks, specials, flights, unread
  if (files) printf "%.0f", newest
  else printf "-"
}
