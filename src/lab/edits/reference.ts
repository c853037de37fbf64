/** What the page brings: its model's name, and the questions that `mean` is taken over, two of each length. */

/** The model that the page brings, by the name that commands and programs load it by. */
export const EMBEDDED_MODEL = "tiny-codi";

/** Under a question that stands among them, the mean is over the other seven. */
export const REFERENCE_QUESTIONS: readonly string[] = [
  "Ann has 11 shells. Ann sells 10. Ann gets 12 more from a friend. How many shells does Ann have now?",
  "Zoe has 5 bags with 4 shells in each. Then Zoe doubles the shells. How many shells does Zoe have now?",
  "Jack has 3 packs with 2 apples in each. Jack gets 11 more from a friend. Jack buys 8 more. How many apples does Jack have now?",
  "Lily has 6 bags with 2 shells in each. Lily finds 3 more. Lily buys 2 more. How many shells does Lily have now?",
  "Emma has 6 packs with 8 cards in each. Then Emma picks up 1 more. Emma sells 9. Emma sells 9. How many cards does Emma have now?",
  "Ben has 2 shells. Ben buys 2 packs with 3 shells in each. Then Ben uses 3. Then Ben picks up 12 more. How many shells does Ben have now?",
  "Lily has 6 boxes with 6 marbles in each. Then Lily gives away half. Lily finds 7 more. Then Lily uses 7. Lily sells 10. Then Lily doubles the marbles. How many marbles does Lily have now?",
  "Noah has 4 packs with 3 cards in each. Noah gives away 2. Noah sells 8. Then Noah doubles the cards. Then Noah gives away half. Noah gets 4 more from a friend. How many cards does Noah have now?",
];
