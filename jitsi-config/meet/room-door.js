// In Jitsi Meet's page before anything of its own (head.html, docs/decisions/tokens-in-addresses.md): a room's address without a token in its
// fragment leads to a page that says where to go, instead of Jitsi's box for a user name and a password that nobody has.
;(() => {
  const given = new URLSearchParams(location.hash.slice(1))
  // A recorder's browser has a password of its own in place of a token.
  if (given.has('jwt') || given.get('config.iAmRecorder') === 'true') return
  location.replace('/can-lien-ket.html')
  // Until that page is there, what follows of Jitsi's is text that is not shown: none of its scripts begins.
  document.write('<plaintext hidden>')
})()
