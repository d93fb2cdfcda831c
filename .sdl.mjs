import {buildSchema,printType} from 'graphql';import fs from 'fs';
const s=buildSchema(fs.readFileSync('schema.graphql','utf8'),{assumeValidSDL:true});
for(const n of process.argv.slice(2)){const t=s.getType(n);if(!t){console.log('?? '+n);continue}console.log(printType(t))}
