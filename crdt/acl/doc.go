// Package acl decides who may do what: a pure function from a set of control ops to a state, the same on every node.
//
//	log := acl.NewLog()
//	log.Add(acl.EntryOf(o))            // in causal order; static facts (author, rank, well-formedness) are fixed here
//	st := log.Eval(community)          // one pass, senior caps first; Step goes on from there op by op
//	st.Members.Of(m).Bits, st.Can(m, op.ADMIT), st.Effective(id)
//
// Every rule of who-may-do-what lives here and only here; SPEC.md has them as numbered prose R1 to R13. What an op is judged by is
// its causal past, the rank of the cap it is made under (fixed for ever by that past), and the revocations that hit that cap.
// Nothing a junior, a plain member or a removed admin writes, with any past he likes, changes what a senior did.
//
// Not safe for concurrent use; one owner. A State is a value nobody changes afterwards.
package acl
