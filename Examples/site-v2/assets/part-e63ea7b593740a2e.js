// The part of version 2 that loads late. A page of another version would notice at once.
const miles = () => Math.round(20 + (Date.now() / 60000) % 40);

export function show(element, version) {
  element.textContent = version === "2"
    ? `This is the part of version 2, ${miles()} miles into the evening ride, on a page of version 2.`
    : `Mixed: a part of version 2 on a page of version ${version}.`;
}
