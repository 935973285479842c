// Package identity holds what a person and their devices prove things with: the seed behind the 24 words, one member key per
// community, one device key per community and device, the certificates that bind them, and sealing to a fresh hybrid key.
//
//	seed := identity.NewSeed()
//	member := seed.Member(communityID)            // M: the pseudonym, derived, never stored
//	device := identity.NewDeviceKey()             // D: random, stored; signs ops and messages
//	cert := member.Certify(identity.Certificate{Space: communityID, Via: inviteID}, device)
//
// What it promises:
//   - two communities cannot link one person: M is a different key in each, and nothing else is derived from the seed;
//   - every signature, hash and derivation carries its own label (label.go), so a value made for one use fails in another;
//   - only key creation and sealing draw randomness; everything else is a function of its arguments.
//
// The formats are in SPEC.md. Types are values and safe for concurrent use.
package identity
