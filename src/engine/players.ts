/** Units that run Kodi: OSMC's, LibreELEC's and the ones people write. Debian and DietPi ship none. */
export const playerUnits: readonly string[] = ["mediacenter.service", "kodi.service", "xbmc.service"];

/** Matches /proc/PID/comm of every Kodi and XBMC build seen on a Pi. */
export const playerProcess = /^(xbmc|kodi)(\.bin)?(_v[0-9]+)?$|^kodi-(gbm|x11|wayland)$/;
