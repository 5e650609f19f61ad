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

/** The first URL that answers; null: none does. */
export async function whoAnswers(nodes: readonly OtherNode[]): Promise<Answering | null> {
  const all = nodes.flatMap(({ name, urls }) => urls.map((url) => ({ node: name, url })));
  const asked = all.map(async (one) => {
    await fetch(`${one.url}/favicon.svg`, {
      mode: "no-cors",
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(answerMsMax),
    });
    return one;
  });
  return await Promise.any(asked).catch(() => null);
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
