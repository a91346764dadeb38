/** What tests that make their input at random begin with; HOTPOT_TEST_SEED tries others. */
export const seed = Number(Deno.env.get("HOTPOT_TEST_SEED") ?? 1);
