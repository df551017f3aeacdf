// sharp, making a thumbnail for each line of JSON on standard input.
import process from "node:process";
import { createInterface } from "node:readline";
import sharp from "sharp";

// Each picture is another one, and the same one in another size counts from the beginning.
sharp.cache(false);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say({});
for await (const line of createInterface({ input: process.stdin })) {
	const { source, width, height, quality, result } = JSON.parse(line);
	const before = process.cpuUsage();
	try {
		await sharp(source)
			.resize(width, height, { fit: "fill" })
			.jpeg({ quality, chromaSubsampling: "4:2:0" })
			.toFile(result);
	} catch (failure) {
		say({ failure: failure.message });
		continue;
	}
	const { user, system } = process.cpuUsage(before);
	say({ processor: (user + system) / 1e6, peak: process.resourceUsage().maxRSS / 1024 });
}
