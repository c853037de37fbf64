/** Questions to try, from the embedded model's held-out problems. */

/** A question with its right answer. */
export interface ExampleQuestion {
  /** As in `weights/tiny-codi/problems_100.jsonl`. */
  readonly id: string;
  readonly question: string;
  readonly answer: number;
}

/** One or two of each number of steps. */
export const EXAMPLES: readonly ExampleQuestion[] = [
  {
    id: "2-step-1",
    question: "Zoe has 6 boxes with 3 marbles in each. Then Zoe picks up 2 more. How many marbles does Zoe have now?",
    answer: 20,
  },
  {
    id: "2-step-6",
    question: "Noah has 20 shells. Noah buys 3 more. Noah gives away 11. How many shells does Noah have now?",
    answer: 12,
  },
  {
    id: "3-step-0",
    question:
      "Ann has 2 packs with 9 cards in each. Ann loses 11. Ann gets 3 more from a friend. How many cards does Ann have now?",
    answer: 10,
  },
  {
    id: "4-step-22",
    question:
      "Emma has 5 stamps. Emma loses 1. Emma finds 5 more. Emma gives away 6. Emma finds 1 more. How many stamps does Emma have now?",
    answer: 4,
  },
  {
    id: "5+step-6",
    question:
      "Lily has 6 boxes with 6 marbles in each. Then Lily gives away half. Lily finds 7 more. Then Lily uses 7. Lily sells 10. Then Lily doubles the marbles. How many marbles does Lily have now?",
    answer: 16,
  },
  {
    id: "5+step-11",
    question:
      "Tom has 5 marbles. Tom buys 5 jars with 4 marbles in each. Tom loses 5. Tom loses 6. Tom gets 3 more from a friend. Tom buys 7 more. How many marbles does Tom have now?",
    answer: 24,
  },
];
