/** Of a field that mostly needs nothing looked up: each promise among a list's fields is one more turn for the whole list. */
export type MaybePromise<T> = T | Promise<T>;
