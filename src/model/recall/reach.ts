/** How many FOLLOWS relations a neighbourhood reaches to either side. */
export const REACH = 4;
