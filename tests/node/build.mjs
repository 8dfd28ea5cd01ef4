// Builds reports from facts files, in every form of input; prints one line of digests per file.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { build, init } from 'callback-collector';

await init();
for (const file of process.argv.slice(2)) {
  const bytes = await readFile(file);
  const text = bytes.toString('utf8');
  const forms = [new Uint8Array(bytes), text, JSON.parse(text)];
  const digests = forms.map((facts) => {
    const { payload, sha256, findings } = build(facts);
    const computed = createHash('sha256').update(payload).digest('hex');
    if (computed !== sha256 || computed !== findings.payload_sha256) throw new Error('digests differ');
    return computed;
  });
  console.log(digests.join(' '));
}
