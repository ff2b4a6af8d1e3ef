/**
 * Copies an object without its keys whose value is undefined. For objects that are spread over others, written as YAML,
 * or read key by key; elsewhere a value may be undefined. A copy each time, so not for what happens with every request.
 * @typeParam T comes from where the result goes, never from the object, so that a surplus or a missing key is found.
 */
export function given<T>(object: NoInfer<T> & object): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}
