/** The simulated provider's cards. The gateway refuses any other, the checkout service knows what each does. */
export const SIMULATED_METHODS = [
  /** Approves. */
  'pm_card_visa',
  /** Declines. */
  'pm_card_chargeDeclined',
  /** Approves after 3 s. */
  'pm_sim_slow',
  /** Never answers. */
  'pm_sim_timeout',
  /** Approves, but its answer is lost. */
  'pm_sim_answer_lost',
  /** Fails twice, then approves. */
  'pm_sim_flaky',
] as const;
export type SimulatedMethod = (typeof SIMULATED_METHODS)[number];
