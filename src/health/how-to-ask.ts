/** What to run on a node to see how its engine is. An init script knows little; the log of those who call it knows more. */
export function howToAsk(unit: string | null): string {
  if (unit === null) return "ps";
  return unit.startsWith("/") ? "tail /var/log/pimesh.log" : `systemctl status ${unit}`;
}
