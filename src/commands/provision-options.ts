/** What the command line says to `provision`. */
export interface ProvisionOptions {
  readonly inventory?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly only?: readonly string[];
  readonly yes?: boolean;
  readonly verbose?: boolean;
  readonly acceptIgnoreChange?: boolean;
  readonly acceptMassChange?: boolean;
  readonly acceptBootChange?: boolean;
  readonly moveHidden?: boolean;
  readonly json?: boolean;
}
