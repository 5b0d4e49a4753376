// The part of version 1 that loads late. A page of another version would notice at once.
export function show(element, version) {
  element.textContent = version === "1"
    ? "This is the part of version 1, and the page is of version 1: they belong together."
    : `Mixed: a part of version 1 on a page of version ${version}.`;
}
