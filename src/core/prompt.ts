/** How a command asks a person. Off a terminal every question fails and names the flag that answers it. */
export interface Prompt {
  readonly interactive: boolean;
  /** True while a question waits for its answer: nobody else may draw on the terminal then. */
  readonly asking?: () => boolean;
  /** One line of text. `hidden` input is not echoed. `flag` is what a script would have to pass instead. */
  ask(question: string, options: { readonly hidden?: boolean; readonly flag: string }): Promise<string>;
  /** y/N; a plain Enter is no. */
  confirm(question: string, options: { readonly flag: string }): Promise<boolean>;
}
