/** Options of a field or argument that may be null or left out. */
export function optional(description: string) {
  return { nullable: true, description } as const;
}

/** Options of an argument with a default; null means the default too. */
export function withDefault<T>(defaultValue: T, description: string) {
  return { nullable: true, defaultValue, description } as const;
}
