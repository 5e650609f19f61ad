// SPDX-License-Identifier: Apache-2.0
// The other nodes as a browser can see them: whether one answers (an opaque answer is enough, its content is
// none of ours), and the way to it.

const answerMsMax = 2500;

export interface OtherNode {
  readonly name: string;
  readonly urls: readonly string[];
}

export interface Answering {
  readonly node: string;
  readonly url: string;
}

/**
 * The best URL that answers; null: none does. Asked in the order in which the node gave them, since the first
 * is of the kind by which this page came: elsewhere, somebody else may answer at a cluster's inner address.
 */
export async function whoAnswers(nodes: readonly OtherNode[]): Promise<Answering | null> {
  for (const { name, urls } of nodes)
    for (const url of urls) if (await answersAt(url)) return { node: name, url };
  return null;
}

async function answersAt(url: string): Promise<boolean> {
  const asked = fetch(`${url}/favicon.svg`, {
    mode: "no-cors",
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(answerMsMax),
  });
  return await asked.then(
    () => true,
    () => false,
  );
}

/** A form, because its body is in no history and no log. */
export function goWith(ticket: string, url: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${url}/handover`;
  form.hidden = true;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "ticket";
  field.value = ticket;
  form.append(field);
  document.body.append(form);
  form.submit();
}
