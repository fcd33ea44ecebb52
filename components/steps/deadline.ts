/** What a piece of work answers, or something else when that takes too long. The work itself goes on: whoever uses this has no means to end it. */
export function inTime<T>(work: Promise<T>, seconds: number, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), seconds * 1000);
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
}
