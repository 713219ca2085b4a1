/** A package of this folder. It is installed by the bench alone, so that its types are stated where it is used. */
export async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T
}
