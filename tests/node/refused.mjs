// Passes an invalid facts file in every form; prints the error's code and path for each.
import { readFile } from 'node:fs/promises';
import { CollectorError, build, init } from 'callback-collector';

await init();
const bytes = await readFile(process.argv[2]);
const text = bytes.toString('utf8');
for (const facts of [new Uint8Array(bytes), text, JSON.parse(text)]) {
  try {
    build(facts);
    console.log('built');
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    if (error.message.includes('secret')) throw new Error('an error quotes its input');
    console.log(`${error.code} ${error.path}`);
  }
}
