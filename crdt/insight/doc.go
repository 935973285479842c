// Package insight counts what happened in a community by day, so that those who run it learn what works and nothing about anybody: a pure function.
//
//	days := insight.Days(facts, from, to)
//
// What callers may rely on:
//
//   - A figure stands for at least Few people, or is absent (nil). So is what people did on a day that is not over.
//   - What a person did counts only on days (UTC) at whose beginning he had consented and on which he did not take that back, and was a member.
//   - A day's figures depend on what is known of that day alone: not on which days are asked for, and not on the other days. There are no sums over days
//     or by group. So no two questions asked of the same facts differ by a number that is not shown.
//
// What is learned later may change a day: messages that come late count on their own day.
package insight
