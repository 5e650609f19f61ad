// SPDX-License-Identifier: Apache-2.0
/**
 * What must not stand in the repository: paths of the machine it was written on, addresses of package
 * registries (whose mirror a user takes is the user's business), half-done work, and file names that mean
 * nothing.
 */
import { isSource, type SourceFile } from "./tree.js";

type Ban = { readonly pattern: RegExp; readonly why: string; readonly inSourcesOnly: boolean };

// Each pattern is written so that this file does not match itself.
const bans: readonly Ban[] = [
  {
    pattern: /(?<![\w.$}-])\/wor[k]\/(main|shared|steering|\.|in\b|out\b)|\/tmp\/brie[f]/,
    why: "a path of one workplace",
    inSourcesOnly: false,
  },
  {
    pattern: /registry\.[n]pmjs|[d]eb\.debian\.org|[a]rchive\.ubuntu\.com|[p]ypi\.org|[r]egistry\.yarnpkg/,
    why: "the address of a package registry",
    inSourcesOnly: false,
  },
  { pattern: /\b(TOD[O]|FIXM[E]|XX[X])\b/, why: "half-done work", inSourcesOnly: true },
  { pattern: /@ts-(ignor[e]|nochec[k])/, why: "a type error swept away", inSourcesOnly: true },
];

const emptyNames = /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.[a-z]+$)/;

export function bannedWords(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    bans
      .filter(({ inSourcesOnly }) => !inSourcesOnly || isSource(file))
      .flatMap(({ pattern, why }) =>
        file.lines.flatMap((line, index) =>
          pattern.test(line) ? [`${file.path}:${index + 1}: ${why}`] : [],
        ),
      ),
  );
}

export function emptyFileNames(files: readonly SourceFile[]): string[] {
  return files.map(({ path }) => path).filter((path) => emptyNames.test(path));
}

const licenceLine = "SPDX-License-Identifier: Apache-2.0";

export function withoutLicence(files: readonly SourceFile[]): string[] {
  const isMarked = ({ lines }: SourceFile): boolean => {
    const first = lines[0]?.startsWith("#!") === true ? lines[1] : lines[0];
    return first?.endsWith(licenceLine) === true;
  };
  return files
    .filter(isSource)
    .filter((file) => !isMarked(file))
    .map(({ path }) => path);
}
