export const later = "later"
