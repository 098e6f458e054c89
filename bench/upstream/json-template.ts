/** Of the job's id that a template is made with: digits that nothing else in the benchmark's JSON has. */
const MARK = 98_765_432;
/** Jobs that one text can name, from the first on. */
const JOBS = 100;

/**
 * JSON of values that differ by nothing but the ids of consecutive jobs: put together from pieces, because making and serialising each
 * anew would take longer than a fast server needs for its answer.
 *
 * @param make the value for that first job; it names jobs by their whole ids, from the first on
 * @throws Error where putting pieces together would not give what serialising gives
 */
export function jsonTemplate(make: (firstJobId: number) => unknown): (firstJobId: number) => string {
  const [head = "", ...rest] = JSON.stringify(make(MARK * JOBS)).split(String(MARK));
  const offsets = rest.map((piece) => Number(piece.slice(0, 2)));
  const pieces = rest.map((piece) => piece.slice(2));
  const textOf = (firstJobId: number) => {
    let text = head;
    for (let index = 0; index < pieces.length; index++) {
      text += firstJobId + (offsets[index] as number) + (pieces[index] as string);
    }
    return text;
  };
  if (textOf(1) !== JSON.stringify(make(1)))
    throw new Error("these values differ by more than the ids of a hundred jobs");
  return textOf;
}
